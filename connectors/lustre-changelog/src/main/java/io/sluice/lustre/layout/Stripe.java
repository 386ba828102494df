package io.sluice.lustre.layout;

/**
 * A piece of a file that lies on one OST.
 *
 * @param ost its index, or {@link #NO_OST} for data on the MDT, in an archive or nowhere
 * @param end offset in the file behind the piece's last byte; {@link Component#EOF} for no end
 */
public record Stripe(int ost, long end) {
    public static final int NO_OST = -1;
}
