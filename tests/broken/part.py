"""A part of the sign-off that ends badly before it has written its record: for tests/test_regress.py."""

import sys

if __name__ == "__main__":
    sys.exit(3)
