"""What somebody gives of a whole record: chosen, written, listed, ended, and read by whoever received it."""
