"""Pages stay where they are: nobody is led off the hall, a page that came by TLS speaks TLS, objects stay whole."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.driver import PATIENCE_MS, OpenPage, RunningHall
from tests.e2e.test_signin import fill_in

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

OVER_TLS = "https://hall.example"


def test_whoever_signs_in_by_a_link_of_others_stays_here_and_objects_stay_whole(
    hall: RunningHall, open_page: OpenPage
) -> None:
    """A tab is dropped by browsers: /, tab, /evil is //evil. Of a request elsewhere the journey would complain."""
    page = open_page("/login/?next=/%09/evil.example/")
    fill_in(page, "citizen", next(one["password"] for one in hall.document["logins"] if one["user"] == "citizen"))
    expect(page).to_have_url(re.compile(re.escape(hall.url) + "/go/"))
    expect(page.locator("#root > *").first).to_be_visible()
    nothing_can_be_added_to_what_all_objects_share(page)


def nothing_can_be_added_to_what_all_objects_share(page: Page) -> None:
    found = page.evaluate(
        """() => {
          const tries = [() => { Object.prototype.polluted = 1; }, () => { ({}).__proto__.polluted = 1; },
                         () => { [].constructor.prototype.polluted = 1; }, () => { (() => 0).__proto__.polluted = 1; }];
          for (const one of tries) { try { one(); } catch { /* strict code is told */ } }
          return [({}).polluted, [].polluted, (() => 0).polluted].map((value) => value === undefined);
        }"""
    )
    assert found == [True, True, True]


def test_sockets_of_a_page_that_came_by_tls_are_of_tls(hall: RunningHall, browser: Browser) -> None:
    """The pages themselves, led through from the hall as a proxy that ends TLS would."""

    def lead(route: Route) -> None:
        route.fulfill(response=route.fetch(url=route.request.url.replace(OVER_TLS, hall.url)))

    context = browser.new_context(base_url=OVER_TLS)
    try:
        context.set_default_timeout(PATIENCE_MS)
        with hall.client("manager") as client:
            context.add_cookies([{"name": n, "value": v, "url": OVER_TLS} for n, v in client.cookies.items()])
        context.route(f"{OVER_TLS}/**", lead)
        page = context.new_page()
        with page.expect_websocket() as opened:
            page.goto("/ops/")
        assert opened.value.url.startswith("wss://hall.example/api/v1/live")
        context.unroute_all(behavior="ignoreErrors")
    finally:
        context.close()
