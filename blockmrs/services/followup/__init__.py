"""What follows a report: symptom checks and clearances after a head injury, and replies of doctors to any report."""
