"""Safety limits: promises to the operator. Going past one needs the word of an operator, by name, in the journal."""

ATTEMPTS_WRITE_MAX = 5  # of a step that changes something outside
ATTEMPTS_POLL_MAX = 40  # of a step that waits for something outside
ATTEMPTS_VERIFY_MAX = 120  # an order from outside is tried often: it ends the outage that shoppers see
PROMOTION_MAX_S = 900.0  # a promotion that is not writable by then is stuck, not slow
REOPEN_MAX_S = 6 * 3600.0  # an aborted failover waits so long for the old region to come back
REOPEN_RETRY_S = 10.0
REVOKE_MAX_S = 60.0  # the store of record is ours, and the promisor is where we fail over to
DIVERGENCE_MAX_S = 6 * 3600.0  # a large shop is compared row by row, without haste
REBUILD_MAX_S = 6 * 3600.0  # a provider copies a large database
DRAIN_MAX_S = 60.0  # a planned change waits so long for the standby to catch up
FENCE_MAX_S = 20.0  # how long a fence that must be proved is tried
FENCE_NETWORK_MAX_S = 15.0  # how long a provider that cannot change a list is asked to
POWER_OFF_MAX_S = 90.0  # a provider pulls a plug in seconds; a dead hypervisor never does
VERIFY_MAX_S = 60.0
DNS_MAX_S = 120.0
