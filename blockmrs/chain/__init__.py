"""A ledger of constant-size transactions with proofs; it never speaks of patients."""
