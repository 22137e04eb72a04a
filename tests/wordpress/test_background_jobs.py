"""Background jobs run on the writer, under a permit, and what could hurt waits until reconciled."""

from typing import Any

import pytest
from wordpress_site import Site

pytestmark = pytest.mark.lab


def _ran(site: Site) -> Any:
    return site.rows("SELECT option_value FROM wp_options WHERE option_name = 'farshore_test'")


def _closed(site: Site) -> None:
    site.box.without("permit.json")


def _closing(site: Site) -> None:
    site.box.permit(60, soft_s=120)


@pytest.mark.parametrize("shut", [Site.standby, _closed, _closing])
def test_no_job_runs_where_no_checkout_may_begin(site: Site, shut: Any) -> None:
    """A standby that ran cron would do the first due job on every call."""
    site.box.php("make_due.php", ["farshore_test_job"])
    shut(site)
    before, rows = _ran(site), site.checksum()
    for _ in range(2):
        site.box.php("/srv/wp/wp-cron.php")
        site.get("/wp-cron.php?doing_wp_cron=1")
    assert _ran(site) == before
    assert site.checksum() == rows


def test_the_writer_runs_what_is_due(site: Site) -> None:
    site.box.php("make_due.php", ["farshore_test_job"])
    before = _ran(site)
    site.box.php("/srv/wp/wp-cron.php")
    assert _ran(site) != before


def test_jobs_that_could_hurt_wait_until_reconciled(site: Site) -> None:
    """An unpaid order may be a paid one that is only half-written: nobody may cancel it yet."""
    site.box.put("unreconciled")
    site.box.php("make_due.php", ["woocommerce_cancel_unpaid_orders"])
    before = _ran(site)
    site.box.php("/srv/wp/wp-cron.php")
    assert _ran(site) == before
    site.box.php("make_due.php", ["farshore_test_job"])
    site.box.php("/srv/wp/wp-cron.php")
    harmless = _ran(site)
    assert harmless != before
    site.box.without("unreconciled")
    site.box.php("/srv/wp/wp-cron.php")
    assert _ran(site) != harmless


def _actions(site: Site) -> dict[str, tuple[str, int]]:
    rows = site.rows(
        "SELECT hook, status, claim_id FROM wp_actionscheduler_actions WHERE hook LIKE 'test%%' ORDER BY 1"
    )
    return {str(hook): (str(status), int(claim)) for hook, status, claim in rows}


@pytest.fixture
def queue(site: Site) -> Site:
    if not site.facts.get("products"):
        pytest.skip("needs a shop with Action Scheduler: the stand-in plugin, or TIDEPOOL_WOOCOMMERCE")
    site.rows("DELETE FROM wp_actionscheduler_claims")
    site.rows("DELETE FROM wp_actionscheduler_actions")
    site.rows("DELETE FROM wp_actionscheduler_logs")
    insert = (
        "INSERT INTO wp_actionscheduler_actions "
        "(hook, status, scheduled_date_gmt, scheduled_date_local, args, claim_id) "
        "VALUES ('test_claimed', 'pending', '2099-01-01', '2099-01-01', '[]', 77), "
        "('test_running', 'in-progress', '2020-01-01', '2020-01-01', '[]', 77), "
        "('test_held', 'farshore-held', '2099-01-01', '2099-01-01', '[]', 0), "
        "('test_done', 'complete', '2020-01-01', '2020-01-01', '[]', 5)"
    )
    site.rows(insert)
    site.rows("INSERT INTO wp_actionscheduler_claims (claim_id, date_created_gmt) VALUES (77, '2020-01-01')")
    return site


def test_leftovers_are_cleaned_once_for_each_epoch(queue: Site) -> None:
    """Claims of dead workers go; what was running is set aside for a person, with a word in its log."""
    queue.open(epoch=41)
    queue.box.php("/srv/wp/wp-cron.php")
    wanted = {
        "test_claimed": ("pending", 0),
        "test_running": ("failed", 0),
        "test_held": ("pending", 0),
        "test_done": ("complete", 5),
    }
    assert _actions(queue) == wanted
    assert queue.rows("SELECT COUNT(*) FROM wp_actionscheduler_claims WHERE claim_id = 77") == [(0,)]
    assert len(queue.rows("SELECT 1 FROM wp_actionscheduler_logs WHERE message LIKE 'It was running when%%'")) == 1
    queue.rows("UPDATE wp_actionscheduler_actions SET claim_id = 78 WHERE hook = 'test_claimed'")
    queue.box.php("/srv/wp/wp-cron.php")
    assert _actions(queue)["test_claimed"] == ("pending", 78)  # a live worker's claim, in the same epoch
    queue.open(epoch=42)
    queue.box.php("/srv/wp/wp-cron.php")
    assert _actions(queue)["test_claimed"] == ("pending", 0)


def test_a_standby_cleans_nothing(queue: Site) -> None:
    queue.standby(epoch=91)
    queue.box.php("/srv/wp/wp-cron.php")
    assert _actions(queue)["test_claimed"] == ("pending", 77)


@pytest.mark.parametrize(
    ("hook", "held"), [("woocommerce_deliver_webhook_async", True), ("wc-admin_import_orders", False)]
)
def test_action_scheduler_passes_over_what_is_held(queue: Site, hook: str, held: bool) -> None:
    """Its runner asks before each action, and ignores one that is not pending; it is due again a little later."""
    queue.box.put("unreconciled")
    queue.rows(
        "UPDATE wp_actionscheduler_actions SET hook = %s, claim_id = 9, scheduled_date_gmt = '2020-01-01' "
        "WHERE hook = 'test_claimed'",
        hook,
    )
    told = queue.box.php("hold_action.php", hook).split()
    assert told == (["farshore-held", "pending"] if held else ["pending", "pending"])
    later = "SELECT scheduled_date_gmt > UTC_TIMESTAMP(), claim_id FROM wp_actionscheduler_actions WHERE hook = %s"
    assert queue.rows(later, hook) == [(1, 0) if held else (0, 9)]
