<?php
/**
 * Whether a statement only reads.
 *
 * Whatever is not known to read is taken for a write: a page that misses a line of text is better than an order that
 * nobody keeps. Locking reads, and what commits (COMMIT, START TRANSACTION, SET autocommit), are writes as well: a
 * transaction that was begun under a permit must not end after it.
 *
 * @package Farshore
 */

declare( strict_types=1 );

/** Reads SQL as MySQL and MariaDB do, as far as that question needs. */
final class Farshore_Sql {

	/** A plain SELECT without any of these words needs no closer look. */
	const PLAIN = '~\A\s*+(?:SELECT|SHOW|DESCRIBE)\s~i';
	const RISKY = '~;|/\*|\bINTO\b|\bFOR\b|\bLOCK\b|GET_LOCK|NEXTVAL|SETVAL|\bNEXT\b~i';

	/** Strings, quoted names, comments; what opens or closes a comment that the server executes. */
	const LITERAL = <<<'REGEX'
~'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'
|"[^"\\]*+(?:(?:\\.|"")[^"\\]*+)*+"
|`[^`]*+(?:``[^`]*+)*+`
|/\*(?!M?!).*?(?:\*/|\z)
|/\*M?!\d*+
|\*/
|--(?=\s|\z)[^\n]*+
|\#[^\n]*+~sx
REGEX;

	/** What makes a SELECT more than a look. `INTO @variable` stays in the session. */
	const MORE_THAN_A_LOOK = '~\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE)\b|\bLOCK\s+IN\s+SHARE\s+MODE\b|\bINTO\b(?!\s*@)'
		. '|\b(?:GET_LOCK|NEXTVAL|SETVAL)\s*\(|\bNEXT\s+VALUE\s+FOR\b~i';

	/** Verbs that change nothing that outlives the session. */
	const HARMLESS = array( 'SHOW', 'DESCRIBE', 'DESC', 'HELP', 'USE', 'CHECKSUM', 'HANDLER', 'PREPARE', 'DEALLOCATE', 'SAVEPOINT', 'RELEASE', 'ROLLBACK' );

	/** Tables whose rows are made anew by themselves. */
	const REBUILT = '~(?:actionscheduler_\w+|wc_order_stats|wc_(?:order_product|order_tax|order_coupon|customer)_lookup|wc_admin_\w+|woocommerce_log|wc_rate_limits)$~';
	const TARGET  = '~\A\s*+(?:INSERT\s++(?:IGNORE\s++|LOW_PRIORITY\s++|DELAYED\s++)?(?:INTO\s++)?|REPLACE\s++(?:INTO\s++)?|UPDATE\s++(?:IGNORE\s++)?|DELETE\s++(?:\w++(?:\s*+,\s*+\w++)*+\s++)?FROM\s++)`?(\w+)~i';

	/**
	 * Whether a statement, or every one of several, only reads.
	 *
	 * @param string $sql As it would be sent.
	 */
	public static function reads( string $sql ): bool {
		if ( 1 === preg_match( self::PLAIN, $sql ) && 0 === preg_match( self::RISKY, $sql ) ) {
			return true;
		}
		$bare = self::bare( $sql );
		if ( null === $bare ) {
			return false;
		}
		foreach ( explode( ';', $bare ) as $statement ) {
			if ( ! self::statement_reads( $statement ) ) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Whether a write is background noise: a cached value or a queue that is filled again by itself.
	 *
	 * @param string $sql A statement that writes.
	 */
	public static function is_noise( string $sql ): bool {
		if ( 1 !== preg_match( self::TARGET, $sql, $found ) ) {
			return false;
		}
		$table = $found[1];
		if ( 1 === preg_match( self::REBUILT, $table ) ) {
			return true;
		}
		if ( str_ends_with( $table, 'options' ) || str_ends_with( $table, 'sitemeta' ) ) {
			return 1 === preg_match( '~[\'"](?:_transient_|_site_transient_|doing_cron[\'"]|cron[\'"]|rewrite_rules[\'"])~', $sql );
		}
		return str_ends_with( $table, 'usermeta' ) && str_contains( $sql, 'wc_last_active' );
	}

	/**
	 * The statement without strings, quoted names and comments, but with what is executed inside comments; null when
	 * it is too odd to tell.
	 *
	 * @param string $sql As it would be sent.
	 */
	private static function bare( string $sql ): ?string {
		return preg_replace_callback(
			self::LITERAL,
			static fn ( array $found ): string => match ( $found[0][0] ) {
				"'", '"' => " '' ",
				'`'      => ' x ',
				default  => ' ',
			},
			$sql
		);
	}

	/**
	 * Whether one bare statement only reads.
	 *
	 * @param string $statement Without strings and comments.
	 */
	private static function statement_reads( string $statement ): bool {
		$statement = ltrim( $statement, " \t\n\r\0\x0B\f(" );
		if ( '' === $statement ) {
			return true;
		}
		if ( 1 !== preg_match( '~\A[A-Za-z_]+~', $statement, $found ) ) {
			return false;
		}
		$verb = strtoupper( $found[0] );
		$rest = substr( $statement, strlen( $verb ) );
		if ( in_array( $verb, self::HARMLESS, true ) ) {
			return true;
		}
		return match ( $verb ) {
			'SELECT', 'TABLE', 'VALUES', 'DO' => 0 === preg_match( self::MORE_THAN_A_LOOK, $statement ),
			'WITH'                            => self::with_reads( $statement ),
			'SET'                             => self::set_reads( $rest ),
			'EXPLAIN', 'ANALYZE'              => self::explain_reads( $verb, $rest ),
			default                           => false,
		};
	}

	/**
	 * Common table expressions: what counts is the statement behind them.
	 *
	 * @param string $statement Beginning with WITH.
	 */
	private static function with_reads( string $statement ): bool {
		$outer = preg_replace( '~\((?:[^()]++|(?R))*+\)~', '()', $statement );
		if ( null === $outer || 1 !== preg_match( '~\b(SELECT|INSERT|UPDATE|DELETE|REPLACE|TABLE|VALUES)\b~i', $outer, $found ) ) {
			return false;
		}
		$reads = in_array( strtoupper( $found[1] ), array( 'SELECT', 'TABLE', 'VALUES' ), true );
		return $reads && 0 === preg_match( self::MORE_THAN_A_LOOK, $statement );
	}

	/**
	 * Session variables only; `SET STATEMENT … FOR` (MariaDB) is the statement behind it.
	 *
	 * @param string $rest What follows SET.
	 */
	private static function set_reads( string $rest ): bool {
		if ( 1 === preg_match( '~\A\s+STATEMENT\b.*?\bFOR\b(.*)\z~is', $rest, $found ) ) {
			return self::statement_reads( $found[1] );
		}
		$more = '~@@\s*(?:GLOBAL|PERSIST)|\b(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|ROLE|RESOURCE|AUTOCOMMIT)\b~i';
		return 0 === preg_match( $more, $rest ) && 0 === preg_match( self::MORE_THAN_A_LOOK, $rest );
	}

	/**
	 * A plan is a look; one that is analysed is the statement itself.
	 *
	 * @param string $verb EXPLAIN or ANALYZE.
	 * @param string $rest What follows it.
	 */
	private static function explain_reads( string $verb, string $rest ): bool {
		$inner    = preg_replace( '~\A(?:\s+(?:EXTENDED|PARTITIONS|ANALYZE|FORMAT\s*=\s*\w+))+~i', '', $rest, 1, $options );
		$analysed = 'ANALYZE' === $verb || ( $options > 0 && 1 === preg_match( '~\A.*?\bANALYZE\b~is', substr( $rest, 0, strlen( $rest ) - strlen( (string) $inner ) ) ) );
		if ( ! $analysed ) {
			return true;
		}
		// ANALYZE TABLE rewrites statistics; TABLE as a query has no business behind ANALYZE.
		$table = 1 === preg_match( '~\A\s*(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLES?\b~i', (string) $inner );
		return ! $table && null !== $inner && self::statement_reads( $inner );
	}
}
