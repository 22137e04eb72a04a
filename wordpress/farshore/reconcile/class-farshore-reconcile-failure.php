<?php
/**
 * What keeps an order from being put right, as one sentence for its owner.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Expected: it is told in the answer. Anything else is a bug, and is told there too. */
final class Farshore_Reconcile_Failure extends RuntimeException {
}
