"""Teams, organisations, and the people whose records somebody keeps."""
