"""`application`: the whole gateway as one WSGI callable, for any server (`PALABRE_SERVER`)."""

from gateway.app import create_app
from gateway.processes import die_with_parent
from gateway.runtime import Runtime, load_settings
from gateway.webhooks import in_front_of

die_with_parent()  # a worker of a server that was killed must not go on serving
runtime = Runtime(load_settings())
application = in_front_of(create_app(runtime).wsgi_app, runtime)
