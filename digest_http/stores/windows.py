"""The policy of a count as one number, kept beside each state that outlives a process.

A state is read by the rule that wrote it: a mask of 128 counts read as one of 64 would accept counts again. So a
restart with another policy must be seen, and the nonces begun before it are FORGOTTEN.
"""

from __future__ import annotations

from digest_http.httpauth.sequence import ReplayDetect, SequenceDetect, SequenceRule

__all__ = ["window_of"]


def window_of(rule: SequenceRule) -> int:
    """The window of REPLAY_DETECT, 0 for SEQUENCE_DETECT. Raises TypeError for a rule that is neither."""
    if isinstance(rule, ReplayDetect):
        return rule.window
    if isinstance(rule, SequenceDetect):
        return 0
    raise TypeError(f"{rule!r} is not a rule that a shared store knows: use ReplayDetect or SequenceDetect")
