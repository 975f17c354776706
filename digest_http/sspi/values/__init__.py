"""The vocabulary of sspi.h: types, constants, codes and buffers, and the checks of arguments."""
