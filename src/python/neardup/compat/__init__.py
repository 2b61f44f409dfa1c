"""The interfaces of other packages, on neardup's core."""
