"""What the compiled form cannot show, and why: the tests that are left out there, and no others are.

Both forms do the same for every caller. These tests look inside: they put something of their own in the place of a
function, or load a module a second time.
"""

_CALLED_DIRECTLY = "a compiled call is not looked up in its module, so what a test puts there is not called"
_LOADED_ONCE = "a compiled module is loaded once a process"
_NOT_SEEN = "the calls of compiled code are not told to a profiler, so hashes cannot be counted"
_TAKES_ITSELF = "compiled code takes from a list itself, whatever a class that is derived from it says"
_NO_BUFFERS = "a compiled message refuses octets that may change (TypeError), so none can be kept"
_IS_FIXED = "a limit of compiled code cannot be set lower, so that it is reached soon"

#: The reason, by test. Where no parameters are named, all are left out.
PURE_ONLY = {
    "tests/bounds/test_caches.py::test_memory_is_bounded[digest_http.httpauth.protection_spaces.SpaceTable]": _IS_FIXED,
    "tests/httpauth/test_client.py::test_every_hash_goes_through_the_calculation": _CALLED_DIRECTLY,
    "tests/httpauth/test_client.py::test_the_last_cnonce_may_be_taken_by_another_thread": _TAKES_ITSELF,
    "tests/httpauth/test_known_targets.py::test_a_method_in_a_buffer_that_is_used_again": _NO_BUFFERS,
    "tests/httpauth/test_known_targets.py::test_a_target_is_hashed_once": _CALLED_DIRECTLY,
    "tests/httpauth/test_openings.py::test_a_buffer_that_is_used_again": _NO_BUFFERS,
    "tests/httpauth/test_server.py::test_unknown_users_get_the_same_work": _CALLED_DIRECTLY,
    "tests/kernel/test_algorithms.py::test_build_that_bars_md5": _LOADED_ONCE,
    "tests/kernel/test_algorithms.py::test_build_without_a_hash_of_its_own": _LOADED_ONCE,
    "tests/kernel/test_algorithms.py::test_build_without_sha512_256": _LOADED_ONCE,
    "tests/kernel/test_algorithms.py::test_build_without_the_name_md5": _LOADED_ONCE,
    "tests/kernel/test_algorithms.py::test_md5_is_asked_for_as_not_for_security": _LOADED_ONCE,
    "tests/kernel/test_algorithms.py::test_so_are_they_when_loaded_again": _LOADED_ONCE,
    "tests/sasl/test_unknown_names.py::test_a_refusal_tells_nothing": _NOT_SEEN,
    "tests/sasl/test_unknown_names.py::test_who_is_right_is_not_kept_waiting": _NOT_SEEN,
    "tests/sspi/test_one_computation.py::test_all_follow_a_changed_computation": _CALLED_DIRECTLY,
    "tests/sspi/test_one_computation.py::test_the_change_is_on_the_wire": _CALLED_DIRECTLY,
}
