"""Serving: the one process that answers requests with the runner beside it, and what comes before.

Used by the commands `serve` and `quickstart`. Everything that can be wrong at a start is said in
one sentence: a CommandError, which ends the process with code 1 and no traceback.
"""

from __future__ import annotations

import errno
import gc
import logging
import os
import signal
import socket
import sys
from ipaddress import ip_address
from threading import Thread
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from assistants_app import doorbell
from assistants_app.models import schema_number
from assistants_app.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 8
TURN = 0.02  # seconds
MANY = 50_000  # objects that can hold others
BODY_MAX = 32 * 1024 * 1024  # bytes; what is beyond our own limit but below this gets our own 413
GRACE = 8.0  # seconds that the work under way may take to end
LOOPBACK = ("127.0.0.1", "localhost")
_PROXY_HEADERS = {"x-forwarded-for", "x-forwarded-proto"}


# --- before anything is touched -------------------------------------------------------------------
def check_ground() -> None:
    """The package is whole, its settings hold together, and there is a folder for data."""
    if not all((settings.BASE_DIR / name).exists() for name in ("templates/base.html", "static")):
        raise CommandError(
            "The templates and static files are missing here: clone the repository and run "
            "`pip install -e .` in it."
        )
    try:
        settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _no_folder(error) from None
    for found in run_checks():
        if found.is_serious():
            raise CommandError(" ".join(filter(None, (found.msg, found.hint))))


def _no_folder(error: OSError) -> CommandError:
    return CommandError(
        f"The folder {settings.DATA_DIR} cannot be written ({error.strerror}). "
        "Set DATA_DIR to a folder of your own."
    )


def start_over_with(port: int) -> None:
    """Begin this process anew with PORT=`port`; returns at once when it is the port already.

    Cookie names, SITE_URL and allowed hosts follow from the port when the settings load, so that
    nothing but a fresh start makes all of them agree.
    """
    if not 0 < port < 65536:
        raise CommandError("Choose a port between 1 and 65535.")
    if port == settings.PORT:
        return
    os.environ.pop("PORT_FILE", None)  # it would win over PORT, and we would begin anew for ever
    os.environ["PORT"] = str(port)
    _begin_anew()


def _begin_anew() -> NoReturn:
    """This process again, with whatever code and settings there are by now."""
    connections.close_all()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # ourselves


# --- the database ---------------------------------------------------------------------------------
def prepare_database() -> None:
    """Bring the tables up to date; whatever keeps us from it is said in one sentence."""
    refuse_newer()
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, ImproperlyConfigured) as error:
        raise unreachable(error) from None


def refuse_newer() -> None:
    """A database that a newer version brought further is left alone."""
    try:
        is_newer = schema_number.is_newer(connection)
    except (DatabaseError, ImproperlyConfigured) as error:
        raise unreachable(error) from None
    if is_newer:
        raise CommandError(
            "The database belongs to a newer version of the dashboard. Update this one, then start "
            "it again."
        )


def refuse_unprepared() -> None:
    """For commands that read only: the tables must be there already."""
    refuse_newer()
    try:
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return
    except (DatabaseError, ImproperlyConfigured) as error:
        raise unreachable(error) from None
    raise CommandError("The database is not up to date. Run: python manage.py migrate")


def unreachable(error: Exception) -> CommandError:
    """The sentence for a database that does not answer; the driver's own words, first line only."""
    words = str(error).strip().partition("\n")[0]
    return CommandError(f"The database cannot be used: {words}. Check DATABASE_URL.")


# --- the port -------------------------------------------------------------------------------------
def take_port(host: str, port: int, *, is_fixed: bool = False) -> socket.socket:
    """Bind and listen, so that nobody else can take the port while we get ready.

    `is_fixed`: another port is no way out, so the refusal does not offer one.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise CommandError(_why_not(error, host, port, is_fixed=is_fixed)) from None


def _why_not(error: OSError, host: str, port: int, *, is_fixed: bool) -> str:
    if error.errno == errno.EADDRINUSE and is_fixed:
        return f"Port {port} is taken, perhaps by this dashboard itself: end what holds it."
    other = f"choose another one, such as --port {_free_port(host, port)}"
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken, perhaps by this dashboard itself: end that, or {other}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights than this process has: {other}."
    return f"Nothing can listen at {host}, port {port} ({error.strerror})."


def _free_port(host: str, port: int) -> int:
    """The next port that can be bound now; best effort, for a sentence only."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for other in range(max(port, 1023) + 1, min(port + 100, 65536)):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((host, other))
            except OSError:
                continue
            return other
    return 8001


def keep_port() -> None:
    """Write DATA_DIR/port, so that the next start answers at the same address."""
    path = settings.DATA_DIR / "port"
    fresh = path.with_name(f".port.{os.getpid()}")
    try:
        fresh.write_text(f"{settings.PORT}\n")
        fresh.replace(path)
    except OSError as error:
        raise _no_folder(error) from None


# --- serving --------------------------------------------------------------------------------------
def collect_static() -> None:
    """Must be done before the WSGI application loads: WhiteNoise looks at the folder only then."""
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as error:
        raise _no_folder(error) from None


def serve(plug: socket.socket, *, beside: Callable[[], None] | None = None) -> None:
    """Answer at `plug` until SIGTERM or Ctrl-C, with the runner and `beside` in threads.

    `beside` begins once requests are answered: what it prints is true by then.

    Returns when the requests and pushes under way have ended; a push that does not end in time is
    left as *sending*, and the next start looks for itself what came of it. Begins anew where the
    database was brought further meanwhile: the code that did it may be here by now.
    """
    connections.close_all()  # from here on each thread has a connection of its own
    server = _server(plug)
    suit_pages()
    runner = Runner()
    thread = runner.start()
    _end_on_signals(runner, thread)
    if beside:
        Thread(target=beside, name="beside", daemon=True).start()
    Thread(target=_end_when_overtaken, args=(runner, thread), daemon=True).start()
    server.run()
    leave(runner, thread, patience=0.5)  # it had its time before the server was asked to end
    server.close()
    if runner.is_outdated:
        _begin_anew()


def suit_pages() -> None:
    """Set this process up for pages that several people ask for at once, once all is loaded.

    A page is computed from its beginning to its end, so threads that make pages finish sooner one
    after the other: they change every 20 ms, about one page, and not every 5. And the search for
    objects that hold each other passes over what was loaded, which stays, and begins after 50,000
    new ones, not 700.
    """
    sys.setswitchinterval(TURN)
    gc.collect()
    gc.freeze()
    gc.set_threshold(MANY, *gc.get_threshold()[1:])


def _end_when_overtaken(runner: Runner, thread: Thread) -> None:
    thread.join()
    if runner.is_outdated:
        os.kill(os.getpid(), signal.SIGUSR1)


def _server(plug: socket.socket) -> Any:
    from waitress import create_server  # type: ignore[import-untyped]  # waitress has no types

    from dashboard.wsgi import application

    return create_server(
        application,
        sockets=[plug],
        threads=THREADS,
        ident=None,
        max_request_body_size=BODY_MAX,
        channel_timeout=120,
        **_proxy(plug),
    )


def _proxy(plug: socket.socket) -> dict[str, Any]:
    """Whom to believe about the visitor's address: with TRUST_PROXY the one proxy before us."""
    if not hasattr(settings, "SECURE_PROXY_SSL_HEADER"):
        return {}
    here = plug.getsockname()[0]
    proxy = here if ip_address(here).is_loopback else "*"
    return {"trusted_proxy": proxy, "trusted_proxy_headers": _PROXY_HEADERS}


def _end_on_signals(runner: Runner, thread: Thread) -> None:
    """The runner ends first, while our own `/v1` still answers it; then the server.

    A push in flight to our own `/v1` would otherwise lose its answer.
    """

    def end_runner() -> None:
        thread.join(GRACE)
        os.kill(os.getpid(), signal.SIGUSR1)

    def ask(*_: object) -> None:
        stop(runner)
        Thread(target=end_runner, daemon=True).start()

    def end_server(*_: object) -> NoReturn:
        raise SystemExit  # waitress catches it and ends cleanly

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGUSR1, end_server)


# --- the runner alone -----------------------------------------------------------------------------
def work(*, ready: Callable[[], None]) -> None:
    """The runner's loop only, until SIGTERM or Ctrl-C; `ready` is called once it can be ended.

    Like `serve`, it begins anew where the database was brought further meanwhile.
    """
    runner = Runner()
    thread = runner.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop(runner))
    ready()
    while thread.is_alive() and not runner.stop.is_set():
        thread.join(0.5)  # not Event.wait: a handler that sets the event could lock itself out
    leave(runner, thread)
    if runner.is_outdated:
        _begin_anew()


def stop(runner: Runner) -> None:
    """Ask the runner to begin nothing new; it looks at once."""
    runner.stop.set()
    doorbell.bell.set()


def leave(runner: Runner, thread: Thread, *, patience: float = GRACE) -> None:
    """Wait `patience` seconds for the work under way, then go: systems kill what does not end."""
    stop(runner)
    thread.join(patience)
    if thread.is_alive():
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)
