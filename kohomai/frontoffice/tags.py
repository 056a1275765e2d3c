"""Template tags of the front-office: icons, and moments as people say them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.utils import dateformat
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext

from kohomai.sessions.sign_in import utc_now

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of the sprite that every page carries."""
    return format_html('<svg class="i" aria-hidden="true"><use href="#{}"/></svg>', name)


@register.filter
def when(moment: datetime, zone: str) -> SafeString:
    """A moment as people say it, in the workspace's zone; a script puts it into the reader's own.

    The exact one is in ``title``.
    """
    local = moment.astimezone(ZoneInfo(zone))
    return format_html(
        '<time datetime="{}" title="{}" data-when>{}</time>',
        moment.isoformat(timespec="seconds"),
        dateformat.format(local, pgettext("exact moment", "l, j F Y, G:i")),
        spoken(local, utc_now().astimezone(ZoneInfo(zone))),
    )


def spoken(moment: datetime, now: datetime) -> str:
    """``today, 11:02``, ``Friday, 9:41`` within a week, else with the date."""
    days = (moment.date() - now.date()).days
    clock = dateformat.format(moment, "G:i")
    if days in (-1, 0, 1):
        return {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}[days] + f", {clock}"
    if abs(moment - now) < timedelta(days=6):
        return dateformat.format(moment, "l") + f", {clock}"
    day = dateformat.format(moment, pgettext("day and month", "j M"))
    return f"{day}, {clock}" if moment.year == now.year else f"{day} {moment.year}"


@register.filter
def paragraphs(text: str) -> SafeString:
    """Plain text with its paragraphs and line breaks, escaped."""
    return SafeString(linebreaks(text, autoescape=True))


@register.filter
def initials(name: str) -> str:
    """At most two letters that stand for a name."""
    words = [word for word in name.split() if word]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
