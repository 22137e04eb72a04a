<?php
/**
 * Action Scheduler's tables and its way of claiming, without its dashboard: what a dead worker leaves behind looks the same.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** Claims what is due, does it, and marks it done: three statements, and a crash between them leaves the claim. */
class ActionScheduler_QueueRunner {
	private const BATCH = 25;

	public static function instance(): self {
		static $runner = null;
		$runner        = $runner ?? new self();
		return $runner;
	}

	public function run( $context = 'WP Cron' ) {
		global $wpdb;
		$table = $wpdb->prefix . 'actionscheduler_actions';
		$wpdb->insert( $wpdb->prefix . 'actionscheduler_claims', array( 'date_created_gmt' => gmdate( 'Y-m-d H:i:s' ) ) );
		$claim = (int) $wpdb->insert_id;
		$taken = $claim ? $wpdb->query( $wpdb->prepare( "UPDATE $table SET claim_id = %d, last_attempt_gmt = UTC_TIMESTAMP() WHERE claim_id = 0 AND status = 'pending' AND scheduled_date_gmt <= UTC_TIMESTAMP() ORDER BY action_id LIMIT %d", $claim, self::BATCH ) ) : false; // phpcs:ignore WordPress.DB.PreparedSQL
		if ( false === $taken ) {
			throw new RuntimeException( 'Unable to claim actions. Database error.' );
		}
		foreach ( (array) $wpdb->get_results( $wpdb->prepare( "SELECT action_id, hook, args FROM $table WHERE claim_id = %d AND status = 'pending'", $claim ) ) as $action ) { // phpcs:ignore WordPress.DB.PreparedSQL
			$this->process_action( (int) $action->action_id, $action->hook, (array) json_decode( $action->args, true ) );
		}
		$wpdb->update( $table, array( 'claim_id' => 0 ), array( 'claim_id' => $claim, 'status' => 'pending' ) );
		$wpdb->delete( $wpdb->prefix . 'actionscheduler_claims', array( 'claim_id' => $claim ) );
		return (int) $taken;
	}

	private function process_action( int $id, string $hook, array $args ): void {
		global $wpdb;
		$table = $wpdb->prefix . 'actionscheduler_actions';
		$wpdb->update( $table, array( 'status' => 'in-progress' ), array( 'action_id' => $id ) );
		try {
			do_action_ref_array( $hook, array_values( $args ) );
			$wpdb->update( $table, array( 'status' => 'complete' ), array( 'action_id' => $id ) );
		} catch ( Exception $e ) {
			$wpdb->update( $table, array( 'status' => 'failed' ), array( 'action_id' => $id ) );
		}
		$wpdb->insert( $wpdb->prefix . 'actionscheduler_logs', array( 'action_id' => $id, 'message' => 'action finished via WP Cron', 'log_date_gmt' => gmdate( 'Y-m-d H:i:s' ) ) );
	}
}

/** The name by which plugins find the runner. */
class ActionScheduler {
	public static function runner() {
		return ActionScheduler_QueueRunner::instance();
	}

	public static function is_initialized() {
		return true;
	}
}

/** The action's id. */
function as_schedule_single_action( $timestamp, $hook, $args = array(), $group = '' ) {
	global $wpdb;
	$when = gmdate( 'Y-m-d H:i:s', $timestamp );
	$wpdb->insert( $wpdb->prefix . 'actionscheduler_actions', array( 'hook' => $hook, 'status' => 'pending', 'scheduled_date_gmt' => $when, 'scheduled_date_local' => $when, 'args' => wp_json_encode( $args ), 'group_id' => 0, 'attempts' => 0, 'claim_id' => 0 ) );
	return (int) $wpdb->insert_id;
}

function as_enqueue_async_action( $hook, $args = array(), $group = '' ) {
	return as_schedule_single_action( time(), $hook, $args, $group );
}

add_filter(
	'cron_schedules', // phpcs:ignore WordPress.WP.CronInterval
	fn ( $schedules ) => $schedules + array( 'every_minute' => array( 'interval' => 60, 'display' => 'Every minute' ) )
);
add_action( 'action_scheduler_run_queue', array( ActionScheduler::runner(), 'run' ) );
add_action(
	'init',
	function () {
		if ( ! wp_next_scheduled( 'action_scheduler_run_queue', array( 'WP Cron' ) ) ) {
			wp_schedule_event( time(), 'every_minute', 'action_scheduler_run_queue', array( 'WP Cron' ) );
		}
	}
);
// Reports are made later, from what an order is by then.
foreach ( array( 'woocommerce_new_order', 'woocommerce_update_order' ) as $lab_hook ) {
	add_action( $lab_hook, 'lab_schedule_report' );
}
unset( $lab_hook );

function lab_schedule_report( $order_id ): void {
	static $done = array();
	if ( ! isset( $done[ $order_id ] ) ) {
		$done[ $order_id ] = as_schedule_single_action( time() + 5, 'wc-admin_import_orders', array( $order_id ), 'wc-admin-data' );
	}
}

function lab_scheduler_schema(): array {
	return array(
		'actionscheduler_actions' => 'action_id bigint(20) unsigned NOT NULL auto_increment,
hook varchar(191) NOT NULL,
status varchar(20) NOT NULL,
scheduled_date_gmt datetime NULL default \'0000-00-00 00:00:00\',
scheduled_date_local datetime NULL default \'0000-00-00 00:00:00\',
priority tinyint unsigned NOT NULL default \'10\',
args varchar(191),
schedule longtext,
group_id bigint(20) unsigned NOT NULL default \'0\',
attempts int(11) NOT NULL default \'0\',
last_attempt_gmt datetime NULL default \'0000-00-00 00:00:00\',
last_attempt_local datetime NULL default \'0000-00-00 00:00:00\',
claim_id bigint(20) unsigned NOT NULL default \'0\',
extended_args varchar(8000) DEFAULT NULL,
PRIMARY KEY  (action_id),
KEY hook (hook),
KEY status (status),
KEY scheduled_date_gmt (scheduled_date_gmt),
KEY claim_id_status_scheduled_date_gmt (claim_id,status,scheduled_date_gmt)',
		'actionscheduler_claims'  => 'claim_id bigint(20) unsigned NOT NULL auto_increment,
date_created_gmt datetime NULL default \'0000-00-00 00:00:00\',
PRIMARY KEY  (claim_id),
KEY date_created_gmt (date_created_gmt)',
		'actionscheduler_groups'  => 'group_id bigint(20) unsigned NOT NULL auto_increment,
slug varchar(255) NOT NULL,
PRIMARY KEY  (group_id),
KEY slug (slug(191))',
		'actionscheduler_logs'    => 'log_id bigint(20) unsigned NOT NULL auto_increment,
action_id bigint(20) unsigned NOT NULL,
message text NOT NULL,
log_date_gmt datetime NULL default \'0000-00-00 00:00:00\',
log_date_local datetime NULL default \'0000-00-00 00:00:00\',
PRIMARY KEY  (log_id),
KEY action_id (action_id),
KEY log_date_gmt (log_date_gmt)',
	);
}
