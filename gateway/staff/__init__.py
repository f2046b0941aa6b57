"""The staff pages, one module a subject."""

from flask import Blueprint

from gateway.staff import campaigns, composing, inbox, polls, releases, signing_in, texts

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
signing_in.add_to(blueprint)
polls.add_to(blueprint)
texts.add_to(blueprint)
inbox.add_to(blueprint)
releases.add_to(blueprint)
composing.add_to(blueprint)
campaigns.add_to(blueprint)
