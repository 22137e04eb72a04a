<?php
/**
 * What the lost region's workers left behind: claims on actions that nobody works on any more, the lock of a cron run.
 *
 * Cleaned once for each epoch, by the first cron run of the new writer. What was running when the region was lost is set
 * aside for a person (Tools > Scheduled Actions, "failed"): whether it was done nobody knows, and it may have moved money.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Cleans for one epoch. */
final class Farshore_Leftovers {

	const OPTION = 'farshore_cleaned_epoch';

	/**
	 * Makes it for an epoch.
	 *
	 * @param int $epoch The one that this writer has.
	 */
	public function __construct( private readonly int $epoch ) {
	}

	/** The newest epoch that was cleaned for; 0: none. */
	public static function epoch_cleaned(): int {
		return (int) get_option( self::OPTION, 0 );
	}

	/** Does it, unless it was done. Several servers may come at once: one of them wins the row. */
	public function clean_once(): void {
		if ( self::epoch_cleaned() >= $this->epoch || ! $this->wins() ) {
			return;
		}
		delete_transient( 'doing_cron' );
		$this->clean_actions();
		error_log( "farshore: leftovers of the epochs before {$this->epoch} are cleaned" ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
	}

	/** One statement decides: the row goes from a smaller epoch to this one once. */
	private function wins(): bool {
		global $wpdb;
		add_option( self::OPTION, 0, '', true );
		$won = $wpdb->query( $wpdb->prepare( "UPDATE {$wpdb->options} SET option_value = %d WHERE option_name = %s AND CAST(option_value AS UNSIGNED) < %d", $this->epoch, self::OPTION, $this->epoch ) ); // phpcs:ignore WordPress.DB
		wp_cache_delete( self::OPTION, 'options' );
		wp_cache_delete( 'alloptions', 'options' );
		return 1 === $won;
	}

	/** Claims belong to dead workers: what was waiting waits again, what was running is set aside. */
	private function clean_actions(): void {
		global $wpdb;
		$actions = $wpdb->prefix . 'actionscheduler_actions';
		$claims  = $wpdb->prefix . 'actionscheduler_claims';
		$logs    = $wpdb->prefix . 'actionscheduler_logs';
		if ( $wpdb->get_var( $wpdb->prepare( 'SHOW TABLES LIKE %s', $wpdb->esc_like( $actions ) ) ) !== $actions ) {
			return;
		}
		// phpcs:disable WordPress.DB
		$now = gmdate( 'Y-m-d H:i:s' );
		$wpdb->query( $wpdb->prepare( "INSERT INTO $logs (action_id, message, log_date_gmt, log_date_local) SELECT action_id, %s, %s, %s FROM $actions WHERE status = 'in-progress'", 'It was running when the other region was lost: please look whether it was done before it is run again.', $now, get_date_from_gmt( $now ) ) );
		$wpdb->query( "UPDATE $actions SET status = 'failed', claim_id = 0 WHERE status = 'in-progress'" );
		$wpdb->query( $wpdb->prepare( "UPDATE $actions SET status = 'pending', claim_id = 0 WHERE (status = 'pending' AND claim_id <> 0) OR status = %s", Farshore_Background::HELD_STATUS ) );
		$wpdb->query( "DELETE FROM $claims" );
		// phpcs:enable
	}
}
