"""The front-office's addresses."""

from __future__ import annotations

from django.urls import path

from kohomai.frontoffice.views import activity, autologin, journeys, login, onward, unsubscribe

urlpatterns = [
    path("internal/v1/autologin", autologin.autologin, name="autologin"),
    path("f/", journeys.home, name="front-home"),
    path("f/journeys/<int:journey_id>", journeys.journey, name="front-journey"),
    path(
        "f/journeys/<int:journey_id>/activities/<int:activity_id>",
        activity.activity,
        name="front-activity",
    ),
    path("f/next", onward.moment, name="front-next"),
    path("f/thanks", onward.thanks, name="front-thanks"),
    path("f/login", login.login, name="front-login"),
    path("f/login/code", login.code, name="front-code"),
    path("f/login/again", login.again, name="front-again"),
    path("u/<str:token>", unsubscribe.unsubscribe, name="unsubscribe"),
    path("f/logout", login.logout, name="front-logout"),
]
