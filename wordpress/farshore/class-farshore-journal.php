<?php
/**
 * The order journal's near end: one line to the agent on this machine, one line back.
 *
 * The agent has the entry on disk in the other region before it says "journal". What is personal is sealed here with the
 * group's public key; neither this server nor any agent can open it again.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** A connection to the agent's socket, kept for the request. */
final class Farshore_Journal {

	/** How much longer than the agent itself we wait: it answers in time even when nobody else does. */
	const GRACE_MS = 100;

	/**
	 * The connection.
	 *
	 * @var resource|null
	 */
	private $socket = null;

	/**
	 * Milliseconds of the newest entry: each is larger than the one before, or the agent takes it for the same.
	 *
	 * @var int
	 */
	private int $newest_ms = 0;

	/**
	 * Makes the near end.
	 *
	 * @param Farshore_Settings $settings Socket, time, key.
	 * @param int               $epoch    Whoever has seen a larger one refuses the entry.
	 */
	public function __construct( private readonly Farshore_Settings $settings, private readonly int $epoch ) {
	}

	/**
	 * Writes an entry down. Answers where it is kept: journal, spool or no.
	 *
	 * @param string               $kind  One of intent, ack, change.
	 * @param array<string, mixed> $order As Farshore_Order_Entry makes it.
	 */
	public function append( string $kind, array $order ): string {
		$text = json_encode( $order, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PARTIAL_OUTPUT_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE ); // phpcs:ignore WordPress.WP.AlternativeFunctions
		$line = array(
			'v'           => 1,
			'store'       => $this->settings->store(),
			'epoch'       => $this->epoch,
			'kind'        => $kind,
			'order_key'   => (string) $order['order_key'],
			'order_id'    => (int) $order['id'],
			'order_total' => rtrim( rtrim( number_format( (float) $order['total'], 8, '.', '' ), '0' ), '.' ),
			'currency'    => (string) $order['currency'],
			'at_ms'       => $this->now_ms(),
			'sealed'      => base64_encode( sodium_crypto_box_seal( (string) $text, $this->settings->journal_public_key() ) ),
		);
		$said = $this->ask( json_encode( $line, JSON_UNESCAPED_SLASHES ) . "\n" ); // phpcs:ignore WordPress.WP.AlternativeFunctions
		$kept = $said['kept'] ?? 'no';
		if ( 'journal' !== $kept ) {
			$why = is_string( $said['why'] ?? null ) ? $said['why'] : 'the agent did not answer';
			error_log( "farshore: journal: $kind of order {$line['order_id']} is kept: $kept ($why)" ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
		}
		return in_array( $kept, array( 'journal', 'spool' ), true ) ? $kept : 'no';
	}

	/** The wall clock, never twice the same. */
	private function now_ms(): int {
		$this->newest_ms = max( $this->newest_ms + 1, (int) floor( microtime( true ) * 1000 ) );
		return $this->newest_ms;
	}

	/**
	 * One line there, one back; null when that did not work in time.
	 *
	 * @param string $line JSON with its end of line.
	 * @return array<string, mixed>|null
	 */
	private function ask( string $line ): ?array {
		$until_ns = hrtime( true ) + ( $this->settings->journal_timeout_ms() + self::GRACE_MS ) * 1000000;
		$socket   = $this->connected();
		if ( null === $socket || ! $this->write( $socket, $line, $until_ns ) ) {
			$this->leave();
			return null;
		}
		$answer = $this->read( $socket, $until_ns );
		$said   = null === $answer ? null : json_decode( $answer, true );
		if ( ! is_array( $said ) ) {
			$this->leave(); // A late answer would be taken for the next one's.
			return null;
		}
		return $said;
	}

	/**
	 * The connection, made when it is first needed.
	 *
	 * @return resource|null
	 */
	private function connected() {
		if ( null === $this->socket ) {
			$socket = @stream_socket_client( 'unix://' . $this->settings->run_file( 'journal.sock' ), $code, $said, 0.1 ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
			if ( false === $socket ) {
				return null;
			}
			stream_set_blocking( $socket, false );
			$this->socket = $socket;
		}
		return $this->socket;
	}

	/**
	 * Writes all of it, in time.
	 *
	 * @param resource $socket   The connection.
	 * @param string   $line     What.
	 * @param int      $until_ns On the monotonic clock.
	 */
	private function write( $socket, string $line, int $until_ns ): bool {
		while ( '' !== $line ) {
			if ( ! $this->await( $socket, $until_ns, true ) ) {
				return false;
			}
			$sent = @fwrite( $socket, $line ); // phpcs:ignore WordPress.PHP.NoSilencedErrors, WordPress.WP.AlternativeFunctions
			if ( false === $sent || 0 === $sent ) {
				return false;
			}
			$line = substr( $line, $sent );
		}
		return true;
	}

	/**
	 * Reads one line, in time; null: it did not come.
	 *
	 * @param resource $socket   The connection.
	 * @param int      $until_ns On the monotonic clock.
	 */
	private function read( $socket, int $until_ns ): ?string {
		$answer = '';
		while ( ! str_contains( $answer, "\n" ) && strlen( $answer ) < 65536 ) {
			if ( ! $this->await( $socket, $until_ns, false ) ) {
				return null;
			}
			$got = fread( $socket, 8192 ); // phpcs:ignore WordPress.WP.AlternativeFunctions
			if ( false === $got || '' === $got ) {
				return null;
			}
			$answer .= $got;
		}
		return $answer;
	}

	/**
	 * Waits until the connection is ready, or time is over.
	 *
	 * @param resource $socket   The connection.
	 * @param int      $until_ns On the monotonic clock.
	 * @param bool     $to_write Ready for writing instead of reading.
	 */
	private function await( $socket, int $until_ns, bool $to_write ): bool {
		$left_us = intdiv( $until_ns - hrtime( true ), 1000 );
		if ( $left_us <= 0 ) {
			return false;
		}
		$read    = $to_write ? null : array( $socket );
		$write   = $to_write ? array( $socket ) : null;
		$nothing = null;
		return 1 === @stream_select( $read, $write, $nothing, intdiv( $left_us, 1000000 ), $left_us % 1000000 ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
	}

	/** Takes leave of a connection that is of no use any more. */
	private function leave(): void {
		if ( null !== $this->socket ) {
			fclose( $this->socket ); // phpcs:ignore WordPress.WP.AlternativeFunctions
			$this->socket = null;
		}
	}
}
