# Sourced by the scripts here, with the number of arguments that they need and those that they got. --help prints the
# comment at the script's head and nothing else; where arguments are missing, its first line, the usage.
case ${2:-} in
-h | --help)
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit
    ;;
esac
if [ $(($# - 1)) -lt "$1" ]; then
    sed -n '2s/^# //p' "$0" >&2
    exit 2
fi
