<?php
/**
 * What orders, items and products have in common: named properties with changes, and free meta.
 *
 * @package lab-commerce
 */

defined( 'ABSPATH' ) || exit;

/** A moment that can say itself in UTC and in the shop's time. */
class WC_DateTime extends DateTime {
	public function getOffsetTimestamp() { // phpcs:ignore WordPress.NamingConventions.ValidFunctionName
		return $this->getTimestamp() + (int) ( (float) get_option( 'gmt_offset' ) * HOUR_IN_SECONDS );
	}

	public function date( $format ) {
		return gmdate( $format, $this->getOffsetTimestamp() );
	}

	public function date_i18n( $format = 'Y-m-d' ) {
		return date_i18n( $format, $this->getOffsetTimestamp() );
	}

	public function __toString() {
		return $this->format( DATE_ATOM );
	}
}

/** One line of meta. */
class WC_Meta_Data {
	/** @var array{id: int, key: string, value: mixed} */
	private $data;
	/** @var bool */
	public $changed;

	public function __construct( array $data, bool $changed = false ) {
		$this->data    = $data + array( 'id' => 0 );
		$this->changed = $changed;
	}

	public function __get( $key ) {
		return $this->data[ $key ] ?? null;
	}

	public function __set( $key, $value ) {
		$this->data[ $key ] = $value;
		$this->changed      = true;
	}

	public function __isset( $key ) {
		return isset( $this->data[ $key ] );
	}

	public function get_data() {
		return $this->data;
	}
}

/** A thing with an id. Subclasses name their properties; getters and setters are made from the names. */
abstract class WC_Data {
	/** @var int */
	protected $id = 0;
	/** @var array */
	protected $data = array();
	/** @var array */
	protected $changes = array();
	/** @var WC_Meta_Data[]|null null: not read yet */
	protected $meta_data = null;
	/** @var string[] names of properties that are moments */
	protected $dates = array();
	/** @var string[] names of properties that are amounts */
	protected $amounts = array();
	/** @var string[] names of properties that are yes or no */
	protected $flags = array();
	/** @var string */
	protected $object_type = 'data';

	/** @return array rows with meta_id, meta_key, meta_value */
	abstract protected function read_meta_rows(): array;

	/** Add, change (id given) or, with a null value, delete one line; the line's id. */
	abstract protected function write_meta_row( WC_Meta_Data $meta ): int;

	public function __call( string $method, array $arguments ) {
		$verb = substr( $method, 0, 4 );
		$name = substr( $method, 4 );
		if ( 'get_' === $verb && array_key_exists( $name, $this->data ) ) {
			return $this->get_prop( $name, $arguments[0] ?? 'view' );
		}
		if ( 'set_' === $verb && array_key_exists( $name, $this->data ) ) {
			return $this->set_prop( $name, $arguments[0] ?? null );
		}
		throw new Error( 'Call to undefined method ' . static::class . "::$method()" );
	}

	public function get_id() {
		return $this->id;
	}

	public function set_id( $id ) {
		$this->id = absint( $id );
	}

	public function get_data() {
		return array_merge( array( 'id' => $this->id ), $this->changes + $this->data, array( 'meta_data' => $this->get_meta_data() ) );
	}

	public function get_changes() {
		return $this->changes;
	}

	public function apply_changes() {
		$this->data    = array_replace( $this->data, $this->changes );
		$this->changes = array();
	}

	public function get_object_read() {
		return true;
	}

	protected function get_prop( string $name, string $context = 'view' ) {
		$value = array_key_exists( $name, $this->changes ) ? $this->changes[ $name ] : $this->data[ $name ];
		return 'view' === $context ? apply_filters( "woocommerce_{$this->object_type}_get_$name", $value, $this ) : $value;
	}

	protected function set_prop( string $name, $value ) {
		if ( in_array( $name, $this->dates, true ) ) {
			$value = lab_moment( $value );
		} elseif ( in_array( $name, $this->amounts, true ) ) {
			$value = wc_format_decimal( $value );
		} elseif ( in_array( $name, $this->flags, true ) ) {
			$value = wc_string_to_bool( $value );
		}
		if ( $value != $this->data[ $name ] || array_key_exists( $name, $this->changes ) ) { // phpcs:ignore Universal.Operators.StrictComparisons
			$this->changes[ $name ] = $value;
		}
	}

	public function set_props( $props, $context = 'set' ) {
		foreach ( $props as $name => $value ) {
			$this->{"set_$name"}( $value );
		}
		return true;
	}

	/** As it stands in the database: no change. */
	public function load_props( array $props ): void {
		foreach ( $props as $name => $value ) {
			if ( in_array( $name, $this->dates, true ) ) {
				$value = lab_moment( $value );
			} elseif ( in_array( $name, $this->flags, true ) ) {
				$value = wc_string_to_bool( $value );
			} elseif ( in_array( $name, $this->amounts, true ) ) {
				$value = wc_format_decimal( $value );
			}
			$this->data[ $name ] = $value;
		}
	}

	protected function read_meta_data(): void {
		if ( null !== $this->meta_data ) {
			return;
		}
		$this->meta_data = array();
		foreach ( $this->id ? $this->read_meta_rows() : array() as $row ) {
			$this->meta_data[] = new WC_Meta_Data( array( 'id' => (int) $row->meta_id, 'key' => $row->meta_key, 'value' => maybe_unserialize( $row->meta_value ) ) );
		}
	}

	public function get_meta_data() {
		$this->read_meta_data();
		return array_values( array_filter( $this->meta_data, fn ( $meta ) => null !== $meta->value ) );
	}

	public function get_meta( $key = '', $single = true, $context = 'view' ) {
		$found = array_values( array_filter( $this->get_meta_data(), fn ( $meta ) => $meta->key === $key ) );
		if ( ! $single ) {
			return $found;
		}
		return $found ? $found[0]->value : '';
	}

	public function meta_exists( $key = '' ) {
		return array() !== $this->get_meta( $key, false );
	}

	public function add_meta_data( $key, $value, $unique = false ) {
		if ( $unique ) {
			$this->delete_meta_data( $key );
		}
		$this->read_meta_data();
		$this->meta_data[] = new WC_Meta_Data( array( 'key' => $key, 'value' => $value ), true );
	}

	public function update_meta_data( $key, $value, $meta_id = 0 ) {
		foreach ( $this->get_meta( $key, false ) as $meta ) {
			if ( $meta->value !== $value ) {
				$meta->value = $value;
			}
			return;
		}
		$this->add_meta_data( $key, $value );
	}

	public function delete_meta_data( $key ) {
		foreach ( $this->get_meta( $key, false ) as $meta ) {
			$meta->value = null;
		}
	}

	public function save_meta_data() {
		foreach ( $this->meta_data ?? array() as $meta ) {
			if ( $meta->changed ) {
				$meta->id      = $this->write_meta_row( $meta );
				$meta->changed = false;
			}
		}
		$this->meta_data = null === $this->meta_data ? null : $this->get_meta_data();
	}
}

/** Rows of a meta table that belong to one thing. */
function lab_read_meta( string $table, string $owner, string $id_column, int $id ): array {
	global $wpdb;
	return (array) $wpdb->get_results( $wpdb->prepare( "SELECT $id_column AS meta_id, meta_key, meta_value FROM $table WHERE $owner = %d ORDER BY $id_column", $id ) ); // phpcs:ignore WordPress.DB.PreparedSQL
}

/** One statement, committed by itself; whoever asks whether it went well asks in vain, as in the real one. */
function lab_write_meta( string $table, string $owner, string $id_column, int $id, WC_Meta_Data $meta ): int {
	global $wpdb;
	if ( null === $meta->value ) {
		if ( $meta->id ) {
			$wpdb->delete( $table, array( $id_column => $meta->id ) );
		}
		return 0;
	}
	$row = array( 'meta_key' => $meta->key, 'meta_value' => maybe_serialize( $meta->value ) ); // phpcs:ignore WordPress.DB.SlowDBQuery
	if ( $meta->id ) {
		$wpdb->update( $table, $row, array( $id_column => $meta->id ) );
		return (int) $meta->id;
	}
	$wpdb->insert( $table, array( $owner => $id ) + $row );
	return (int) $wpdb->insert_id;
}

/** Seconds, a text or a moment to a moment. A text without a zone is the database's: UTC. */
function lab_moment( $value ): ?WC_DateTime {
	if ( null === $value || '' === $value || false === $value || '0000-00-00 00:00:00' === $value ) {
		return null;
	}
	if ( $value instanceof WC_DateTime ) {
		return $value;
	}
	$stamp = $value instanceof DateTimeInterface ? $value->getTimestamp() : ( is_numeric( $value ) ? (int) $value : (int) strtotime( $value . ' UTC' ) );
	if ( ! is_numeric( $value ) && is_string( $value ) && preg_match( '/[Z+]|\d-\d\d:?\d\d$/', substr( $value, 10 ) ) ) {
		$stamp = (int) strtotime( $value );
	}
	return new WC_DateTime( "@$stamp", new DateTimeZone( 'UTC' ) );
}

/** For the database. */
function lab_gmt( ?WC_DateTime $moment ): ?string {
	return null === $moment ? null : gmdate( 'Y-m-d H:i:s', $moment->getTimestamp() );
}
