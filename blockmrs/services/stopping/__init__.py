"""What follows the end of a share: updates sealed anew for those who remain, and their old objects let go."""
