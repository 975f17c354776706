"""The table of H(A1), as Django makes and changes it."""
