<?php
/**
 * An order whose status can be set without anybody being told.
 *
 * A restored order is not a new one: the hooks of a change of status would charge, capture, mail and ship once more. What
 * WooCommerce itself keeps books of is done by name afterwards (stock, sales, coupons, downloads).
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** As WooCommerce stores it, without the announcement. */
class Farshore_Reconcile_Order extends WC_Order {

	/** Nothing: the status is stored, and no hook says so. */
	protected function status_transition() {
		$this->status_transition = false;
	}
}
