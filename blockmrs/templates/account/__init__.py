"""The pages of an account, and the operator's."""
