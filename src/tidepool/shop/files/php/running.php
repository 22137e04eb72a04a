<?php
// A checkout that runs holds a shared lock until its answer is out, so that whoever closes the shop knows when the last has ended.
declare(strict_types=1);

const CHECKOUTS_LOCK = '/run/farshore/checkouts.lock';

/** Before the permit is read: whoever takes it later than the closing one looks finds the permit gone. False: closing now. */
function begin_checkout(): bool
{
    static $held = null; // ends with the request
    $held = @fopen(CHECKOUTS_LOCK, 'r');
    return $held === false || flock($held, LOCK_SH | LOCK_NB);
}
