<?php
/**
 * The gate: no statement that writes leaves this request unless the region is the writer and its permit stands.
 *
 * The filter `query` sees every statement of wpdb. An empty answer makes wpdb give up quietly and return false, as it
 * does for any error; whether that may end in a page is decided by whoever makes the answer (the last look, the output
 * guard). What goes past wpdb is stopped by the triggers in the database.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Counts what it refuses. */
final class Farshore_Gate {

	const ERROR = 'Farshore refused a write: this region is not the writer, or its permit ran out.';

	/**
	 * What was refused and would have mattered.
	 *
	 * @var int
	 */
	private int $refused = 0;

	/**
	 * The connection whose waiting was limited.
	 *
	 * @var mysqli|null
	 */
	private ?mysqli $limited = null;

	/**
	 * Makes the gate of this request.
	 *
	 * @param Farshore_State $state What this request may do.
	 */
	public function __construct( private readonly Farshore_State $state ) {
	}

	/** Begins to watch. */
	public function close(): void {
		add_filter( 'query', array( $this, 'let_through' ), PHP_INT_MAX );
		if ( $this->state->settings->needs_permit() && isset( $GLOBALS['wpdb'] ) ) {
			// It would sleep and send a statement again: seconds after its permit was looked at, and perhaps a second time.
			$page = null !== $this->state->request && ! $this->state->request->writes();
			$job  = null === $this->state->request || Farshore_Request::CRON === $this->state->request->kind;

			$GLOBALS['wpdb']->reconnect_retries = $page || $job ? 1 : 0;
		}
	}

	/**
	 * The statement, or nothing.
	 *
	 * @param mixed $sql What wpdb is about to send.
	 * @return mixed
	 */
	public function let_through( $sql ) {
		if ( ! is_string( $sql ) || '' === $sql || Farshore_Sql::reads( $sql ) ) {
			return $sql;
		}
		$this->limit_waiting(); // Before the clocks are read: it may take a round trip.
		if ( $this->state->may_write() ) {
			return $sql;
		}
		$this->refuse( $sql );
		return '';
	}

	/** How many writes were refused that somebody would miss. */
	public function refused(): int {
		return $this->refused;
	}

	/**
	 * Leaves wpdb as a failed statement does: no stale rows, an error to be seen.
	 *
	 * @param string $sql The statement.
	 */
	private function refuse( string $sql ): void {
		global $wpdb;
		if ( ! Farshore_Sql::is_noise( $sql ) ) {
			++$this->refused;
		}
		if ( $wpdb instanceof wpdb ) {
			$wpdb->flush();
			$wpdb->last_error = self::ERROR;
		}
	}

	/** No statement may hang on a lock, and commit, long after its permit was looked at. Once for each connection. */
	private function limit_waiting(): void {
		global $wpdb;
		if ( ! $this->state->is_writer() || ! $this->state->settings->needs_permit() || ! $wpdb instanceof wpdb ) {
			return;
		}
		$connection = $wpdb->dbh;
		if ( ! $connection instanceof mysqli || $connection === $this->limited ) {
			return;
		}
		$this->limited = $connection;
		try {
			$connection->query( 'SET SESSION innodb_lock_wait_timeout = ' . $this->state->settings->lock_wait_s() );
		} catch ( mysqli_sql_exception $gone ) {
			$this->limited = null; // The statement itself will find out.
		}
	}
}
