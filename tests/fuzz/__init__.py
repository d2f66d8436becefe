"""Damaged files by the thousand: ``python -m tests.fuzz`` runs them, ``test_kept`` those that once hurt."""
