<?php
/**
 * Background jobs run on the writer, under a permit, and nowhere else.
 *
 * A standby that runs wp-cron.php does the first due job on every call, because the note that it was done cannot be
 * written. And a job that talks to a payment provider must not run before the orders of a failover were gone through.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** WP-Cron and Action Scheduler. */
final class Farshore_Background {

	/** Jobs that move money, tell the outside world, or throw orders away: held until reconciled. */
	const HELD = '~^(?:woocommerce_scheduled_subscription_|woocommerce_deliver_webhook_async$|wc_stripe_|woocommerce_(?:cleanup_draft_orders|cancel_unpaid_orders|cleanup_sessions|cleanup_personal_data)$|wcpay_|wc_payment|ppcp)~';

	/** The status of a held action for the moment in which Action Scheduler looks away. */
	const HELD_STATUS = 'farshore-held';
	const HELD_S      = 300;

	/**
	 * Makes it for this request.
	 *
	 * @param Farshore_State $state What this request may do.
	 */
	public function __construct( private readonly Farshore_State $state ) {
	}

	/** Ends a cron run that must not be; holds what must wait. */
	public function guard(): void {
		if ( wp_doing_cron() && ! $this->state->admits() ) {
			exit;
		}
		// A loop of requests to itself, begun by visits of the dashboard: the timer on the writer does that work.
		add_filter( 'action_scheduler_allow_async_request_runner', array( $this, 'may_run_aside' ), PHP_INT_MAX );
		add_action( 'init', array( $this, 'settle' ), 11 );
		add_filter( 'pre_get_ready_cron_jobs', array( $this, 'ready_jobs' ), PHP_INT_MAX );
		add_action( 'action_scheduler_before_execute', array( $this, 'hold' ), PHP_INT_MAX, 1 );
		add_action( 'action_scheduler_execution_ignored', array( $this, 'put_back' ), PHP_INT_MIN, 1 );
	}

	/** After Action Scheduler has made itself known: stopped where it must not run, cleaned once where it must. */
	public function settle(): void {
		if ( ! $this->state->admits() ) {
			if ( class_exists( 'ActionScheduler', false ) ) {
				remove_action( 'action_scheduler_run_queue', array( ActionScheduler::runner(), 'run' ) );
			}
			return;
		}
		if ( wp_doing_cron() ) {
			( new Farshore_Leftovers( FARSHORE_EPOCH ) )->clean_once();
		}
	}

	/**
	 * Whether Action Scheduler may call itself.
	 *
	 * @param bool $allowed What others say.
	 */
	public function may_run_aside( $allowed ): bool {
		return $allowed && $this->state->admits() && $this->state->is_reconciled() && Farshore_Leftovers::epoch_cleaned() >= FARSHORE_EPOCH;
	}

	/**
	 * Due jobs of WP-Cron without those that are held.
	 *
	 * @param array|null $jobs What others say.
	 * @return array|null
	 */
	public function ready_jobs( $jobs ) {
		if ( ! $this->state->admits() ) {
			return array();
		}
		if ( $this->state->is_reconciled() ) {
			return $jobs;
		}
		$all   = is_array( $jobs ) ? $jobs : _get_cron_array();
		$ready = array();
		foreach ( is_array( $all ) ? $all : array() as $at => $hooks ) {
			if ( ! is_numeric( $at ) || $at > microtime( true ) ) {
				continue;
			}
			$kept = array_filter( (array) $hooks, static fn ( $hook ): bool => 1 !== preg_match( self::HELD, (string) $hook ), ARRAY_FILTER_USE_KEY );
			if ( array() !== $kept ) {
				$ready[ $at ] = $kept;
			}
		}
		return $ready;
	}

	/**
	 * Makes Action Scheduler pass over a held action: it ignores what is not pending.
	 *
	 * @param int $action_id The action's id.
	 */
	public function hold( $action_id ): void {
		global $wpdb;
		if ( $this->state->is_reconciled() ) {
			return;
		}
		$table = $wpdb->prefix . 'actionscheduler_actions';
		$hook  = (string) $wpdb->get_var( $wpdb->prepare( "SELECT hook FROM $table WHERE action_id = %d", $action_id ) ); // phpcs:ignore WordPress.DB
		if ( 1 === preg_match( self::HELD, $hook ) ) {
			$wpdb->query( $wpdb->prepare( "UPDATE $table SET status = %s WHERE action_id = %d AND status = 'pending'", self::HELD_STATUS, $action_id ) ); // phpcs:ignore WordPress.DB
		}
	}

	/**
	 * A held action is due again a little later.
	 *
	 * @param int $action_id The action's id.
	 */
	public function put_back( $action_id ): void {
		global $wpdb;
		$table = $wpdb->prefix . 'actionscheduler_actions';
		$later = gmdate( 'Y-m-d H:i:s', time() + self::HELD_S );
		$wpdb->query( $wpdb->prepare( "UPDATE $table SET status = 'pending', claim_id = 0, scheduled_date_gmt = %s, scheduled_date_local = %s WHERE action_id = %d AND status = %s", $later, get_date_from_gmt( $later ), $action_id, self::HELD_STATUS ) ); // phpcs:ignore WordPress.DB
	}
}
