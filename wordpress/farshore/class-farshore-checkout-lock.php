<?php
/**
 * A request that writes holds a shared lock until its answer is out, so that whoever closes the shop knows when the last has ended.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Taken before the permit is read: whoever takes it later than the closing one looks finds the permit gone. */
final class Farshore_Checkout_Lock {

	/**
	 * Ends with the request.
	 *
	 * @var resource|false|null
	 */
	private static $held = null;

	/**
	 * Takes the lock. False: the shop is just being closed. No file: nobody closes it.
	 *
	 * @param string $file The file checkouts.lock.
	 */
	public static function take( string $file ): bool {
		self::$held = @fopen( $file, 'r' ); // phpcs:ignore WordPress.PHP.NoSilencedErrors, WordPress.WP.AlternativeFunctions
		return false === self::$held || flock( self::$held, LOCK_SH | LOCK_NB );
	}
}
