"""Values of the domain as FHIR R4, and back."""
