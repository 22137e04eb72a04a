<?php
/**
 * One order's changes together, or none of them.
 *
 * WooCommerce writes an order in some ninety statements and none of them belongs to the others. Here they do: a process
 * that is killed leaves what was there before. And wpdb errors, which are no exceptions, are looked at before the end.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** A transaction of the shop's own connection, which must stay the same one. */
final class Farshore_Reconcile_Transaction {

	const LOCK = 'farshore_reconcile';

	/** Nobody else puts orders right at the same time, on whichever app server. */
	public static function alone(): void {
		global $wpdb;
		self::stay_connected();
		$got = $wpdb->get_var( $wpdb->prepare( 'SELECT GET_LOCK(%s, 10)', self::LOCK . '_' . substr( md5( DB_NAME . $wpdb->prefix ), 0, 12 ) ) );
		if ( '1' !== (string) $got ) {
			throw new Farshore_Reconcile_Failure( 'Another reconciliation of this store is at work; repeat when it has ended.' );
		}
	}

	/**
	 * Runs the work; its answer, or the error that undid it.
	 *
	 * @param callable $work What to do.
	 * @return mixed
	 * @throws Throwable What the work threw, or a failure when a statement failed silently.
	 */
	public static function run( callable $work ) {
		global $wpdb, $EZSQL_ERROR;
		$EZSQL_ERROR = array(); // phpcs:ignore WordPress.NamingConventions, WordPress.WP.GlobalVariablesOverride
		if ( false === $wpdb->query( 'START TRANSACTION' ) ) {
			throw new Farshore_Reconcile_Failure( 'The database begins no transaction: this region may not write now.' );
		}
		try {
			$answer = $work();
			$errors = (array) $EZSQL_ERROR; // phpcs:ignore WordPress.NamingConventions
			if ( array() !== $errors ) {
				$first = (array) reset( $errors );
				throw new Farshore_Reconcile_Failure( 'A statement failed: ' . ( $first['error_str'] ?? 'the database does not say why' ) );
			}
			if ( false === $wpdb->query( 'COMMIT' ) ) {
				throw new Farshore_Reconcile_Failure( 'The database did not commit: ' . $wpdb->last_error );
			}
			return $answer;
		} catch ( Throwable $error ) {
			$wpdb->query( 'ROLLBACK' );
			wp_cache_flush(); // What was cached of the order never came to be.
			throw $error;
		}
	}

	/**
	 * A lost connection ends the process. Otherwise wpdb would open another one and go on in the middle of an order,
	 * without the transaction, and without the lock.
	 */
	private static function stay_connected(): void {
		global $wpdb;
		try {
			$retries = new ReflectionProperty( $wpdb, 'reconnect_retries' );
			$retries->setAccessible( true );
			$retries->setValue( $wpdb, 0 );
		} catch ( ReflectionException $error ) {
			unset( $error ); // Another class plays wpdb; the lock is looked at after each order.
		}
	}
}
