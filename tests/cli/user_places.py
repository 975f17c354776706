"""Places that hold users, as the commands name them, and the commands run on them."""

from click.testing import CliRunner

from digest_http.cli.commands import command

__all__ = ["KINDS", "place_of", "run"]

#: Kind of a place -> how it is written.
KINDS = {"file": "{}", "htdigest": "htdigest:///{}", "sqlite": "sqlite:///{}"}


def place_of(kind, path):
    """A path as a place of this kind."""
    return KINDS[kind].format(path)


def run(*arguments, given=None):
    """One `digest-http user` command; `given` is its standard input, a password for the commands that take one."""
    return CliRunner().invoke(command, ["user", *map(str, arguments)], input=given)
