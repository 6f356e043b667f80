"""What was shared, with whom, who looked, and every right that somebody holds."""
