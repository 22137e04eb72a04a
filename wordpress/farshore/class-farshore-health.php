<?php
/**
 * The deep health check: may orders be taken here, proved by writing to the database just now?
 *
 * Without WordPress: wpdb retries for seconds and dies with a page. One connection of mysqli, one second for each step.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One look. */
final class Farshore_Health {

	const TIMEOUT_S = 1;
	const OPTION    = 'farshore_heartbeat';
	const FRESH_NS  = 1000000000;

	/**
	 * Makes the check.
	 *
	 * @param Farshore_State $state  What this server was told.
	 * @param string         $prefix The tables' prefix.
	 */
	public function __construct( private readonly Farshore_State $state, private readonly string $prefix ) {
	}

	/**
	 * Whether orders can be taken, for strangers: the database is asked once a second at most, whoever asks how often.
	 * What costs nothing (role, epoch, permit) is looked at each time.
	 */
	public function is_ok(): bool {
		if ( ! function_exists( 'posix_geteuid' ) ) {
			return $this->look()['ok'];
		}
		$file  = sys_get_temp_dir() . '/farshore-health-' . posix_geteuid() . '-' . md5( __FILE__ . $this->state->settings->endpoint_file() ) . '.json';
		$known = $this->known( $file );
		if ( null === $known ) {
			$facts = $this->look();
			$known = $facts['ok'];
			$draft = @tempnam( sys_get_temp_dir(), 'farshore' ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
			if ( false !== $draft ) {
				$note = array( $this->state->endpoint->epoch, $this->state->endpoint->role, $known, hrtime( true ) );
				file_put_contents( $draft, json_encode( $note ) ); // phpcs:ignore WordPress.WP.AlternativeFunctions
				rename( $draft, $file ); // phpcs:ignore WordPress.WP.AlternativeFunctions
			}
		}
		return $known && $this->state->admits() && $this->state->still_writer();
	}

	/**
	 * What was found less than a second ago, under the same epoch and role; null: nothing.
	 *
	 * @param string $file Where it is noted: ours alone, or not believed.
	 */
	private function known( string $file ): ?bool {
		$seen = @lstat( $file ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		if ( false === $seen || 0100000 !== ( $seen['mode'] & 0170000 ) || posix_geteuid() !== $seen['uid'] ) {
			return null;
		}
		$note = json_decode( (string) @file_get_contents( $file ), true ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		if ( ! is_array( $note ) || 4 !== count( $note ) || $note[0] !== $this->state->endpoint->epoch || $note[1] !== $this->state->endpoint->role ) {
			return null;
		}
		$age_ns = hrtime( true ) - (int) $note[3];
		return $age_ns >= 0 && $age_ns < self::FRESH_NS ? true === $note[2] : null;
	}

	/**
	 * Looks; details for whoever has the token.
	 *
	 * @return array<string, mixed>
	 */
	public function look(): array {
		$facts = array(
			'ok'           => false,
			'role'         => $this->state->endpoint->role,
			'epoch'        => $this->state->endpoint->epoch,
			'region'       => $this->state->endpoint->region,
			'store'        => $this->state->settings->store(),
			'admits'       => $this->state->admits(),
			'reconciled'   => $this->state->is_reconciled(),
			'journal'      => $this->journal(),
			'wrote'        => null,
		);
		try {
			$facts = $this->ask_database( $this->connect(), $facts );
		} catch ( mysqli_sql_exception $failed ) {
			$facts['error'] = $failed->getMessage();
			error_log( 'farshore: the health check failed: ' . $facts['error'] ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
			return $facts;
		}
		$facts['ready_for_traffic'] = $this->state->is_writer() ? true === $facts['wrote'] && $facts['admits'] : $facts['read_only'];
		$facts['ok']                = true === $facts['wrote'] && $facts['admits'] && $this->state->still_writer();
		return $facts;
	}

	/** Whether the agent's socket is there; null where the store has no journal. */
	private function journal(): ?bool {
		if ( 'off' === $this->state->settings->journal() ) {
			return null;
		}
		$socket = @stream_socket_client( 'unix://' . $this->state->settings->run_file( 'journal.sock' ), $code, $said, 0.2 ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		return false !== $socket && fclose( $socket ); // phpcs:ignore WordPress.WP.AlternativeFunctions
	}

	/**
	 * Connects with the shop's own user.
	 *
	 * @throws mysqli_sql_exception When it cannot.
	 */
	private function connect(): mysqli {
		mysqli_report( MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT );
		$database = mysqli_init();
		$database->options( MYSQLI_OPT_CONNECT_TIMEOUT, self::TIMEOUT_S );
		$database->options( MYSQLI_OPT_READ_TIMEOUT, self::TIMEOUT_S );
		$flags = defined( 'MYSQL_CLIENT_FLAGS' ) ? (int) MYSQL_CLIENT_FLAGS : 0;
		$ca    = $this->state->settings->ca_file();
		if ( '' !== $ca ) {
			$database->ssl_set( null, null, $ca, null, null );
			$flags |= MYSQLI_CLIENT_SSL;
		}
		$endpoint = $this->state->endpoint;
		$database->real_connect( $endpoint->host, DB_USER, DB_PASSWORD, DB_NAME, $endpoint->port, null, $flags );
		return $database;
	}

	/**
	 * Writes where orders may be taken, and reads what only the database knows.
	 *
	 * @param mysqli               $database A connection.
	 * @param array<string, mixed> $facts    What is known.
	 * @return array<string, mixed>
	 * @throws mysqli_sql_exception When a statement fails.
	 */
	private function ask_database( mysqli $database, array $facts ): array {
		$row                = $database->query( "SELECT @@global.read_only, (SELECT option_value FROM {$this->prefix}options WHERE option_name = 'woocommerce_custom_orders_table_enabled'), (SELECT option_value FROM {$this->prefix}options WHERE option_name = 'woocommerce_db_version')" )->fetch_row();
		$facts['read_only'] = '0' !== (string) $row[0];
		$facts['hpos']      = 'yes' === $row[1];
		$facts['tables']    = $row[2];
		if ( ! $this->state->may_write() ) {
			return $facts;
		}
		$database->query( 'SET SESSION innodb_lock_wait_timeout = ' . self::TIMEOUT_S );
		$mark = bin2hex( random_bytes( 8 ) );
		if ( $this->state->may_write() ) {
			$database->query( "INSERT INTO {$this->prefix}options (option_name, option_value, autoload) VALUES ('" . self::OPTION . "', '$mark', 'no') ON DUPLICATE KEY UPDATE option_value = VALUES(option_value)" );
		}
		// Not compared with our own mark: another server's check may have overwritten it by now.
		$read           = $database->query( "SELECT option_value FROM {$this->prefix}options WHERE option_name = '" . self::OPTION . "'" )->fetch_row();
		$facts['wrote'] = null !== $read;
		return $facts;
	}
}
