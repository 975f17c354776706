"""A camera: gst-rtsp-server with Digest, run by Debian's own Python, which has the bindings. Prints its port.

Arguments: the user and the password.
"""

import sys

import gi

for name, version in (("Gst", "1.0"), ("GstRtsp", "1.0"), ("GstRtspServer", "1.0")):
    gi.require_version(name, version)

from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  # versions are told before

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")

factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( videotestsrc ! video/x-raw,width=32,height=32 ! rtpvrawpay name=pay0 )")
role = "viewer,media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
factory.add_role_from_structure(Gst.Structure.new_from_string(role))
server.get_mount_points().add_factory("/stream", factory)

auth = GstRtspServer.RTSPAuth()
auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
token = GstRtspServer.RTSPToken()
token.set_string("media.factory.role", "viewer")
auth.add_digest(sys.argv[1], sys.argv[2], token)
server.set_auth(auth)

server.attach(None)
sys.stdout.write(f"{server.get_bound_port()}\n")
sys.stdout.flush()
GLib.MainLoop().run()
