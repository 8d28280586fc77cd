"""The line under a red run, pasted into a shell: does it bring the same failure back, with waves? docs/verification.md.

printed.py (what a red run said), tree.py (a copy of the sources with a bug in it, and a shell there), planted.py (the
bugs of the mutation campaign), token.py (a wrong bit at a token of the shipped model).
"""
