"""An own attempt to write to guarded tables, after the epoch row was raised: the gate has to refuse it.

Made as the admin. Triggers ask everybody the same, so it is a good witness of the gate; of the app role's NOLOGIN and
sessions it is none (the admin is not locked out), and those are read back. Undone in its own block, and it waits for
no lock of the shop's. A table that is empty, or that the admin may not write, says nothing; the epoch row that is read
back has to do then.
"""

from farshore.adapters.postgresql.session import Statements
from farshore.model.failure import RetryLater

# The raise is committed before the attempt begins, and all of it is one round trip.
_RAISE_AND_TRY = """
BEGIN;
INSERT INTO farshore.farshore_epoch AS known (id, epoch) VALUES (1, {epoch})
    ON CONFLICT (id) DO UPDATE SET epoch = greatest(known.epoch, excluded.epoch) RETURNING epoch;
COMMIT;
DO $farshore$
DECLARE found record; written bigint; passed text := '';
BEGIN
    PERFORM set_config('lock_timeout', '100ms', true);
    FOR found IN
        SELECT c.oid::regclass::text AS tab, quote_ident(a.attname) AS col FROM pg_trigger t
            JOIN pg_class c ON c.oid = t.tgrelid
            CROSS JOIN LATERAL (SELECT attname FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
                AND NOT attisdropped AND attgenerated = '' AND attidentity <> 'a' ORDER BY attnum LIMIT 1) a
            WHERE t.tgname = 'farshore_guard_update' AND NOT t.tgisinternal
    LOOP
        BEGIN
            EXECUTE format('UPDATE %1$s SET %2$s = %2$s WHERE ctid = (SELECT ctid FROM %1$s LIMIT 1 '
                'FOR UPDATE SKIP LOCKED)', found.tab, found.col);
            GET DIAGNOSTICS written = ROW_COUNT;
            IF written > 0 THEN
                RAISE EXCEPTION 'farshore: passed' USING ERRCODE = '45001';
            END IF;
        EXCEPTION WHEN OTHERS THEN
            IF SQLSTATE = '45001' THEN
                passed := found.tab;
            END IF;
        END;
    END LOOP;
    PERFORM set_config('farshore.passed', passed, false);
END
$farshore$;
SELECT current_setting('farshore.passed', true)
"""


def raise_and_try(statements: Statements, where: str, epoch: int) -> int:
    """What the epoch row then is. RetryLater when a write would have passed."""
    sets = statements.all(_RAISE_AND_TRY.format(epoch=int(epoch)))
    if passed := sets[-1][0][0]:
        raise RetryLater(f"{where} would still take an order in {passed}: its gate did not refuse our own.")
    return int(sets[1][0][0])
