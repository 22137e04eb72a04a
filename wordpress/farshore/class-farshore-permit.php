<?php
/**
 * The permit: the writer's leave to take orders for the next few seconds, as the agent left it in a file.
 *
 * Whoever wrote the file may be dead or frozen by now, and the wall clock may have jumped: only the two deadlines count,
 * on clocks that nobody can set and that run while a process is stopped.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** One reading of the permit file; the clocks are read each time it is asked. */
final class Farshore_Permit {

	const KEYS = array( 'epoch', 'until_boot_ns', 'until_mono_ns', 'soft_ns' );

	/**
	 * Takes deadlines that were checked.
	 *
	 * @param bool $needed        False in a shop that nobody moves.
	 * @param int  $until_boot_ns On CLOCK_BOOTTIME.
	 * @param int  $until_mono_ns On CLOCK_MONOTONIC.
	 * @param int  $soft_ns       What must be left for a checkout to begin.
	 */
	private function __construct(
		private readonly bool $needed,
		private readonly int $until_boot_ns = 0,
		private readonly int $until_mono_ns = 0,
		private readonly int $soft_ns = 0,
	) {
	}

	/** For a shop that nobody moves between regions. */
	public static function unneeded(): self {
		return new self( false );
	}

	/**
	 * Reads the file. No file, an unreadable one, or one of another epoch is no permit.
	 *
	 * @param string $file  The permit file.
	 * @param int    $epoch The endpoint file's.
	 */
	public static function read( string $file, int $epoch ): self {
		$text  = @file_get_contents( $file ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		$found = false === $text ? null : json_decode( $text, true );
		foreach ( self::KEYS as $key ) {
			if ( ! is_array( $found ) || ! is_int( $found[ $key ] ?? null ) || $found[ $key ] < 0 ) {
				return new self( true );
			}
		}
		if ( $found['epoch'] !== $epoch ) {
			return new self( true );
		}
		return new self( true, $found['until_boot_ns'], $found['until_mono_ns'], $found['soft_ns'] );
	}

	/** Until the first of both deadlines; zero or less: over. */
	public function left_ns(): int {
		$mono = $this->until_mono_ns - hrtime( true );
		return $mono <= 0 ? $mono : min( $mono, $this->until_boot_ns - self::boot_ns() );
	}

	/** May a checkout begin? Only if it can be expected to end in time. */
	public function admits(): bool {
		return ! $this->needed || $this->left_ns() > $this->soft_ns;
	}

	/** May one more statement write, or the customer be told? */
	public function stands(): bool {
		return ! $this->needed || $this->left_ns() > 0;
	}

	/** CLOCK_BOOTTIME, which hrtime does not offer. In hundredths cut off below: the next one is assumed. */
	private static function boot_ns(): int {
		$read = 1 === preg_match( '/^(\d+)\.(\d\d) /', (string) @file_get_contents( '/proc/uptime' ), $m ); // phpcs:ignore WordPress.PHP.NoSilencedErrors
		return $read ? ( (int) $m[1] * 100 + (int) $m[2] + 1 ) * 10000000 : PHP_INT_MAX;
	}
}
