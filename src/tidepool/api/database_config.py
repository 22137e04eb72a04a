"""The settings that DigitalOcean lets customers change; relying on any other must fail here as it would there."""

MYSQL = """
    automatic_sp_privileges backup_hour backup_minute binlog_retention_period connect_timeout default_time_zone
    div_precision_increment end_markers_in_json eq_range_index_dive_limit group_concat_max_len
    information_schema_stats_expiry innodb_change_buffer_max_size innodb_flush_neighbors
    innodb_ft_enable_stopword innodb_ft_max_token_size innodb_ft_min_token_size innodb_ft_num_word_optimize
    innodb_ft_result_cache_limit innodb_ft_server_stopword_table innodb_ft_user_stopword_table
    innodb_lock_wait_timeout innodb_log_buffer_size innodb_online_alter_log_max_size
    innodb_optimize_fulltext_only innodb_print_all_deadlocks innodb_read_io_threads innodb_rollback_on_timeout
    innodb_thread_concurrency innodb_write_io_threads interactive_timeout internal_tmp_mem_storage_engine
    log_output long_query_time max_allowed_packet max_execution_time max_heap_table_size max_seeks_for_key
    mysql_incremental_backup net_buffer_length net_read_timeout net_write_timeout optimizer_prune_level
    optimizer_search_depth optimizer_switch slow_query_log sort_buffer_size sql_mode sql_require_primary_key
    tmp_table_size wait_timeout windowing_use_high_precision
"""

PG = """
    autovacuum_analyze_scale_factor autovacuum_analyze_threshold autovacuum_freeze_max_age
    autovacuum_max_workers autovacuum_naptime autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit
    autovacuum_vacuum_scale_factor autovacuum_vacuum_threshold backup_hour backup_minute bgwriter_delay
    bgwriter_flush_after bgwriter_lru_maxpages bgwriter_lru_multiplier deadlock_timeout
    default_toast_compression idle_in_transaction_session_timeout jit log_autovacuum_min_duration
    log_error_verbosity log_line_prefix log_min_duration_statement max_connections
    max_failover_replication_time_lag max_files_per_process max_locks_per_transaction
    max_logical_replication_workers max_parallel_workers max_parallel_workers_per_gather
    max_pred_locks_per_transaction max_prepared_transactions max_replication_slots max_slot_wal_keep_size
    max_stack_depth max_standby_archive_delay max_standby_streaming_delay max_wal_senders max_worker_processes
    pg_partman_bgw.interval pg_partman_bgw.role pg_stat_statements.track pgbouncer shared_buffers_percentage
    stat_monitor_enable synchronous_replication temp_file_limit timescaledb timezone track_activity_query_size
    track_commit_timestamp track_functions track_io_timing wal_sender_timeout wal_writer_delay work_mem
"""

SETTINGS = {"mysql": frozenset(MYSQL.split()), "pg": frozenset(PG.split())}
