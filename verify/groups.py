"""Every group of functional coverage bins, in one place: the testplan names them, benches and campaigns hit them."""
