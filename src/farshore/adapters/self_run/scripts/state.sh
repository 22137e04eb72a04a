# What a rebuild on this host is at: running, retired (stopped for one), or none.
said=$(tail -n 1 "$STATE/progress" 2>/dev/null || true)
case $(systemctl show -p ActiveState --value farshore-rebuild 2>/dev/null || true) in
active | activating | deactivating) echo "farshore-state: running $said" ;;
*) if [ -e "$STATE/retired" ]; then echo "farshore-state: retired $said"; else echo "farshore-state: none"; fi ;;
esac
