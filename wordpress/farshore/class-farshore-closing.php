<?php
/**
 * What a planned move says of itself: until when the checkout is closed, and why.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One reading of closed.json; nulls where nobody said anything. */
final class Farshore_Closing {

	const RETRY_AFTER_S     = 5;
	const RETRY_AFTER_MAX_S = 3600;

	/**
	 * Takes what was read.
	 *
	 * @param string|null $reopens_at A moment, as ISO 8601 in UTC.
	 * @param string|null $why        For people.
	 */
	private function __construct( public readonly ?string $reopens_at, public readonly ?string $why ) {
	}

	/**
	 * Reads the file, which is there only during a planned move.
	 *
	 * @param string $file The file closed.json.
	 */
	public static function read( string $file ): self {
		$said = json_decode( (string) @file_get_contents( $file ), true ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		$text = static fn ( string $key ): ?string => is_string( $said[ $key ] ?? null ) && '' !== $said[ $key ] ? $said[ $key ] : null;
		$at   = $text( 'reopens_at' );
		return new self( null !== $at && false !== strtotime( $at ) ? $at : null, $text( 'why' ) );
	}

	/** For somebody who cannot know. */
	public static function unknown(): self {
		return new self( null, null );
	}

	/** The header's value. */
	public function retry_after_s(): int {
		$left_s = null === $this->reopens_at ? self::RETRY_AFTER_S : strtotime( $this->reopens_at ) - time();
		return max( 1, min( self::RETRY_AFTER_MAX_S, $left_s ) );
	}

	/** For people, as a time of the day; empty when nobody knows. */
	public function clock_time(): string {
		return null === $this->reopens_at ? '' : gmdate( 'H:i', (int) strtotime( $this->reopens_at ) + 59 ) . ' UTC';
	}
}
