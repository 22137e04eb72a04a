<?php
/**
 * The door: a request that may not do what it asks for is turned away before anything is touched.
 *
 * Called by config.php, so that not even the database is connected: a half-made order is worse than none, and a
 * read-only database answers 201 for a cart that is nowhere.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Decides from the kind of a request, the role, the permit and the flag files. */
final class Farshore_Door {

	/**
	 * Lets a request pass, or answers it and ends.
	 *
	 * @param Farshore_State   $state   What this request may do.
	 * @param Farshore_Request $request What it asks for.
	 */
	public static function pass( Farshore_State $state, Farshore_Request $request ): void {
		if ( ! $request->writes() ) {
			return;
		}
		// Before the permit is read: whoever closes the shop takes the permit's margin away, and then waits for the lock.
		$open = Farshore_Checkout_Lock::take( $state->settings->run_file( 'checkouts.lock' ) );
		$key  = self::refusal( $state, $request, $open );
		if ( null !== $key ) {
			Farshore_Answer::refusal( $request, $key, $state->settings )->send();
		}
	}

	/**
	 * Which sentence a request is turned away with; null: it may pass.
	 *
	 * @param Farshore_State   $state   What this request may do.
	 * @param Farshore_Request $request What it asks for.
	 * @param bool             $open    Whether nobody is closing the shop in this instant.
	 */
	public static function refusal( Farshore_State $state, Farshore_Request $request, bool $open ): ?string {
		switch ( $request->kind ) {
			case Farshore_Request::READ:
				return null;
			case Farshore_Request::CHECKOUT:
				return $open && $state->admits() ? null : 'closed';
			case Farshore_Request::WEBHOOK:
				// Until reconciled as well: a provider drops its note for good when the order it names is unknown.
				return $open && $state->admits() && $state->is_reconciled() ? null : 'webhook';
			case Farshore_Request::CRON:
				return $open && $state->admits() ? null : 'write';
			default:
				return $open && $state->may_write() ? null : $request->kind;
		}
	}
}
