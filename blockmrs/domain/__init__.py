"""The rules, pure: no clock, disk, SQL, keys or HTTP."""
