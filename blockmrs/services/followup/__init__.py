"""What follows a head injury: symptom checks and clearances."""
