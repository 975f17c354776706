"""The order of one probe: two unsigned requests, then a few signed ones, as few as the questions allow.

A server may lock an account after a few refusals, so a probe counts them:

1. unsigned, twice: what is offered, and whether nonces repeat;
2. signed with nc=1. A stale nonce is tried once more with the new one. Refused: the probe ends;
3. the proof in that answer;
4. signed with nextnonce, if the answer named one;
5. nc=2; if that is taken, a gap (nc=4); if that is taken, backwards (nc=3);
6. the last header that was taken, once more: a replay;
7. on demand, a wrong password.

That makes at most MAX_SIGNED requests with the password, MAX_REFUSED of which may be refused after the first was taken.
"""

from __future__ import annotations

import secrets
from typing import Final

from digest_http.errors import MalformedField, WrongPrincipal
from digest_http.httpauth.challenge_selection import Preference
from digest_http.httpauth.client_identity import Identity
from digest_http.httpauth.origins import Origin
from digest_http.httpauth.proof import Proof, check_proof, covers_body
from digest_http.secrecy import HoldsSecrets

from .answer import Answer
from .findings import finding
from .offer import chosen, judge_offer, no_digest
from .result import Result, Step
from .signer import Signed, Signer
from .wire import MAX_BODY_OCTETS, Wire

__all__ = ["MAX_REFUSED", "MAX_SIGNED", "probe"]

#: Requests that are signed with the password: 2, 4, 5 and 6 above, of which 2 may take two tries.
MAX_SIGNED: Final = 7

#: Of those, refused ones after the first was taken. Accounts are locked after three failures at the earliest.
MAX_REFUSED: Final = 2


async def probe(wire: Wire, name: str | None, password: str | None, *, wrong_password: bool = False) -> Result:
    """Probe one URL; without name and password only what it offers. Raises what `Wire.ask` raises."""
    result = Result(str(wire.url))
    preference = Preference()
    first = await _unsigned(wire, result)
    missing = no_digest(first)
    if missing is not None:
        result.findings.append(missing)
        return result
    second = await _unsigned(wire, result)
    origin = Origin.of(wire.url.scheme, wire.url.host, wire.url.port)
    result.findings += judge_offer(first, second, origin, preference)
    # The newer challenge is the one that is fresh; it may have gone missing.
    result.choice = chosen(second, preference)[0] or chosen(first, preference)[0]
    if result.choice is not None and name is not None and password is not None:
        await _Signing(wire, result, preference, name, password).run()
        if wrong_password:
            await _wrong_password(wire, result, name)
    return result


async def _unsigned(wire: Wire, result: Result) -> Answer:
    answer = await wire.ask()
    result.steps.append(Step.of("unsigned", None, answer))
    return answer


async def _wrong_password(wire: Wire, result: Result, name: str) -> None:
    if result.choice is None or result.verdict == "refused":
        return
    answer = await _unsigned(wire, result)
    choice = chosen(answer, Preference())[0] or result.choice
    signed = Signer(Identity(name, secrets.token_urlsafe()), choice).sign(wire.method.encode(), wire.target, 1)
    answer = await wire.ask(signed.field)
    result.wrong += 1
    result.steps.append(Step.of("a wrong password", signed.field, answer))
    result.findings.append(finding("wrong-taken" if answer.lets_in else "wrong-refused"))


class _Signing(HoldsSecrets):
    """The signed part of a probe."""

    def __init__(self, wire: Wire, result: Result, preference: Preference, name: str, password: str) -> None:
        self._wire: Final = wire
        self._result: Final = result
        self._preference: Final = preference
        self._identity: Final = Identity(name, password)
        self._refused = 0
        self._last: Signed | None = None

    async def run(self) -> None:
        """Steps 2 to 6."""
        signer = await self._log_in()
        if signer is None or self._last is None:
            return
        if signer.counts:
            await self._count(signer)
        if self._refused < MAX_REFUSED:
            answer = await self._ask("the same header again", self._last)
            self._add("replay-taken" if answer.lets_in else "replay-refused")

    async def _log_in(self) -> Signer | None:
        """Sign the first request; None if the server does not take it."""
        choice = self._result.choice
        answer: Answer | None = None
        for title in ("signed, nc=1", "signed with the new nonce, nc=1"):
            if choice is None:
                break
            signer = Signer(self._identity, choice)
            signed = self._sign(signer, 1)
            answer = await self._ask(title, signed)
            if answer.lets_in:
                self._refused = 0
                self._add("accepted", status=answer.status)
                proof = self._check_proof(signed, answer)
                # The rule of learn_next: nobody knows which nonce the key of a session is made with after nextnonce.
                if proof.nextnonce and not choice.algorithm.session:
                    await self._use_next_nonce(signer, proof.nextnonce)
                return signer
            if not answer.stale:
                break
            choice, _ = chosen(answer, self._preference)
        if answer is None or answer.status in {401, 407}:
            self._add("endless-stale" if answer is not None and answer.stale else "refused")
        else:
            self._add("signed-error", status=answer.status)
        return None

    def _check_proof(self, signed: Signed, answer: Answer) -> Proof:
        info = answer.info
        if info is not None and self._proof_covers_body(signed, answer) and answer.body is None:
            self._add("proof-too-long", octets=MAX_BODY_OCTETS)
            return check_proof("off", signed.signature, info, bytes)
        try:
            proof = check_proof("if-present", signed.signature, info, lambda: answer.body or b"")
        except WrongPrincipal as error:
            self._add("proof-wrong", reason=error)
            return Proof(given=False)
        self._add("proof-right" if proof.given else "proof-missing")
        return proof

    async def _use_next_nonce(self, signer: Signer, nonce: bytes) -> None:
        try:
            signed = signer.sign(self._wire.method.encode(), self._wire.target, 1, nonce)
        except MalformedField:  # one with a colon, and no qop
            self._add("nextnonce-refused")
            return
        answer = await self._ask("signed with nextnonce, nc=1", signed)
        self._add("nextnonce-taken" if answer.lets_in else "nextnonce-refused")

    async def _count(self, signer: Signer) -> None:
        """Step 5: what the server makes of counts. Each question needs the one before it to be answered with yes."""
        answer = await self._ask("signed, nc=2", self._sign(signer, 2))
        if not answer.lets_in:
            self._add("next-stale" if answer.stale else "next-refused")
            return
        self._add("next-taken")
        for nc, key, title in ((4, "gap", "signed, nc=4, which leaves a gap"), (3, "back", "signed, nc=3, backwards")):
            answer = await self._ask(title, self._sign(signer, nc))
            self._add(f"{key}-taken" if answer.lets_in else f"{key}-refused")
            if not answer.lets_in:
                return

    def _sign(self, signer: Signer, nc: int) -> Signed:
        return signer.sign(self._wire.method.encode(), self._wire.target, nc)

    async def _ask(self, title: str, signed: Signed) -> Answer:
        """Send one signed request; a taken one becomes the header that is replayed."""
        answer = await self._wire.ask(signed.field, lambda answer: self._proof_covers_body(signed, answer))
        self._result.signed += 1
        self._result.steps.append(Step.of(title, signed.field, answer))
        if answer.lets_in:
            self._last = signed
        else:
            self._refused += 1
        return answer

    @staticmethod
    def _proof_covers_body(signed: Signed, answer: Answer) -> bool:
        return answer.lets_in and covers_body("if-present", signed.signature, answer.info)

    def _add(self, key: str, **values: object) -> None:
        self._result.findings.append(finding(key, **values))
