"""How connections are made: the system's certificate store, and a watch over handshakes and headers.

truststore is used through a context of its own: `truststore.inject_into_ssl` would change every library of the
process. A context per session, because truststore holds a lock during a handshake, and one stalled server would
otherwise hold up all others. ``REQUESTS_CA_BUNDLE`` and a proxy's settings are honoured by requests itself.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import truststore
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from qie_hub.transfer.watchdog import Watchdog


class PlainSession(requests.Session):
    """A session without cookies, whose redirects are left to the caller."""

    def __init__(self, watchdog: Watchdog) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # files need none, trackers do
        for scheme in ("http://", "https://"):
            self.mount(scheme, WatchedAdapter(watchdog))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: even with ``allow_redirects=False`` requests would read the redirect's body, endless or not."""
        del resp
        return None


class WatchedAdapter(HTTPAdapter):
    """An adapter whose connections trust what the system trusts and never wait for ever."""

    def __init__(self, watchdog: Watchdog) -> None:
        self._pools = _pools(watchdog)
        super().__init__(pool_connections=2, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs, ssl_context=trusting_context())
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        """Make the pools for connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=trusting_context())
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Verify by the system's store; add a bundle only where the environment or a caller names one."""
        super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # requests ships no types here
        if verify is True:  # requests would add its own bundle, which the system's administrator cannot change
            conn.ca_certs = None
            conn.ca_cert_dir = None


def trusting_context() -> ssl.SSLContext:
    """A context that trusts what the system trusts."""
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _pools(watchdog: Watchdog) -> dict[str, type[urllib3.HTTPConnectionPool]]:
    class Plain(urllib3.HTTPConnectionPool):
        ConnectionCls = _watched(HTTPConnection, watchdog)

    class Secure(urllib3.HTTPSConnectionPool):
        ConnectionCls = _watched(HTTPSConnection, watchdog)

    return {"http": Plain, "https": Secure}


def _watched(kind: type[Any], watchdog: Watchdog) -> type[Any]:
    class Watched(kind):  # type: ignore[misc]  # one body for the plain and the TLS class
        """A connection whose handshake and headers are guarded."""

        def connect(self) -> None:
            self._guarded(super().connect)

        def getresponse(self) -> Any:
            return self._guarded(super().getresponse)

        def _guarded(self, wait: Callable[[], Any]) -> Any:
            with watchdog.guard(self._shut) as guard:
                try:
                    return wait()
                except Exception as error:
                    if guard.bitten:
                        raise TimeoutError("the watchdog ended this wait") from error
                    raise

        def _shut(self) -> None:
            sock = self.sock
            if sock is not None:
                with suppress(OSError):
                    # not SSLSocket.shutdown: that would make the waiting thread read on without TLS
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    return Watched
