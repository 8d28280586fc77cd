"""Bugs planted in rtl/, one at a time, to see whether the suite turns red: docs/mutation.md.

kinds.py (what can be planted where), choose.py (which of it, by seed), elaborate.py (does it still make a design),
plan.py (which benches, in which order), bench.py (one bench on one mutated tree), campaign.py (all of it, kept).
"""
