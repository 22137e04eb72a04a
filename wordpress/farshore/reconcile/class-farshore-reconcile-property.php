<?php
/**
 * Properties of WooCommerce's objects by name: not each version, and not each kind of line, has all of them.
 *
 * Asked by calling and not by looking: some classes answer through `__call`, some hide a setter from everybody.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Reads and sets one property of an order, a line or a refund. */
final class Farshore_Reconcile_Property {

	/**
	 * The stored value, or the default where there is no such property.
	 *
	 * @param object $of      Order, line or refund.
	 * @param string $name    Property.
	 * @param mixed  $default What is said otherwise.
	 * @return mixed
	 */
	public static function get( object $of, string $name, $default = '' ) {
		try {
			return is_callable( array( $of, "get_$name" ) ) ? $of->{"get_$name"}( 'edit' ) : $default;
		} catch ( Error $error ) {
			return $default;
		}
	}

	/**
	 * Sets it where it can be. A product or an account that is gone is no reason to lose an order.
	 *
	 * @param object $of    Order, line or refund.
	 * @param string $name  Property.
	 * @param mixed  $value Value.
	 */
	public static function set( object $of, string $name, $value ): void {
		try {
			if ( is_callable( array( $of, "set_$name" ) ) ) {
				$of->{"set_$name"}( $value );
			}
		} catch ( Throwable $error ) {
			unset( $error );
		}
	}
}
